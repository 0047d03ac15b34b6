"""Flat files of any catalogued type: tab or comma, quoted as the catalogue says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from spreports.catalog import Column, ReportType
from spreports.simulator.content.cells import Cell, Manner
from spreports.simulator.content.letters import Letters
from spreports.simulator.content.lines import POOL, Order
from spreports.simulator.content.settlement import COMMA_CURRENCIES
from spreports.simulator.marketplaces import CODECS

# What Amazon shows of the six columns of the feedback report: names are translated,
# their order is fixed. Source: reference, "Feedback headers are translated".
TRANSLATED = {
    "DE": ("Datum", "Bewertung", "Kommentare", "Ihre Antwort", "Bestellnummer"),
    "FR": ("Date", "Évaluation", "Commentaires", "Votre réponse", "Numéro"),
    "JP": ("日付", "評価", "コメント", "あなたの返答", "注文番号"),
}
CJK = "\u2e80"
LINES_IN_BLOCK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatLayout:
    """What one document's table looks like.

    Attributes
    ----------
    columns : tuple of Column, m columns
        Those that are served, in served order.
    header : tuple of str, m columns
        Their names as served.
    delimiter : str
    quoting : str
        ``"off"``, ``"needed"``, ``"all"`` or ``"once"`` (inner quotes not doubled).
    line_end : str
    short_rows : bool
        Empty cells at the end of a row may be left out.
    """

    columns: tuple[Column, ...]
    header: tuple[str, ...]
    delimiter: str
    quoting: str
    line_end: str
    short_rows: bool

    def line(self, texts: list[str]) -> str:
        """Return a line with its end."""
        if self.quoting == "off":
            return self.delimiter.join(texts) + self.line_end
        if self.quoting == "once":
            return self.delimiter.join(f'"{each}"' for each in texts) + self.line_end
        target = io.StringIO()
        csv.writer(
            target,
            delimiter=self.delimiter,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if self.quoting == "all" else csv.QUOTE_MINIMAL,
        ).writerow(texts)
        return target.getvalue()


class FlatDocument:
    """One flat file.

    Parameters
    ----------
    entry : ReportType
        Tab or comma, with the marketplace's date formats put in.
    order : Order
    """

    def __init__(self, entry: ReportType, order: Order) -> None:
        place = order.marketplaces[0]
        self._entry = entry
        self._place = place
        self._order = order
        charset = "UTF-8" if entry.charset == "utf-8" else place.charset
        named = "" if entry.charset is None else f";charset={charset}"
        self.content_type = f"text/plain{named}"
        self.codec = CODECS[charset]
        self.layout = layout_of(entry, order, self.codec)

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes."""
        layout = self.layout
        waiting = [layout.line(list(layout.header))]
        lines: list[str] = []
        for number, cells in enumerate(self._cells()):
            if number < POOL:
                lines.append(layout.line(self._served(cells, number)))
            waiting.append(lines[number % POOL])
            if len(waiting) == LINES_IN_BLOCK:
                yield "".join(waiting).encode(self.codec)
                waiting.clear()
        yield "".join(waiting).encode(self.codec)

    def rows(self, *, typed: bool) -> dict[str, Iterator[dict[str, object]]]:
        """Return the rows of the one table, by served header."""
        header = self.layout.header
        made = (
            {
                name: cell.value if typed else cell.text
                for name, cell in zip(header, cells, strict=True)
            }
            for cells in self._cells()
        )
        if not self._entry.summary_row:
            return {self._entry.table().name: made}
        own = {column.name for column in self._entry.columns("summary")}
        columns = zip(header, self.layout.columns, strict=True)
        names = [name for name, column in columns if column.name in own]
        row = next(made)
        summary = {name: row[name] for name in names}
        return {self._entry.table().name: made, "summary": iter([summary])}

    def _cells(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row; rows repeat after some two thousand."""
        source = self._order.random(self._entry.report_type)
        manner = self._manner()
        fillers = manner.fillers(self.layout.columns, source)
        pool = [
            [fill(source) for fill in fillers]
            for _ in range(min(POOL, self._order.rows))
        ]
        if self._entry.summary_row:
            pool = self._settled(pool)
            yield pool.pop(0)
        for number in range(self._order.rows):
            yield pool[number % len(pool)]

    def _settled(self, pool: list[list[Cell]]) -> list[list[Cell]]:
        """Return a summary row, then the rows that its total is the sum of."""
        names = [column.name for column in self.layout.columns]
        empty = Cell(None, "")
        own = {column.name for column in self._entry.columns("summary")}
        own.discard("settlement-id")
        details = [
            [
                empty if name in own else cell
                for name, cell in zip(names, cells, strict=True)
            ]
            for cells in pool
        ]
        place = names.index("amount")
        total = Decimal(0)
        for number in range(self._order.rows):
            value = details[number % len(details)][place].value
            total += value if isinstance(value, Decimal) else 0
        mark = "," if self._place.currency in COMMA_CURRENCIES else "."
        written = Cell(total, f"{total:f}".replace(".", mark))
        summary = [
            written
            if name == "total-amount"
            else cell
            if name in own or name == "settlement-id"
            else empty
            for name, cell in zip(names, pool[0], strict=True)
        ]
        return [summary, *details]

    def _manner(self) -> Manner:
        layout = self.layout
        breaks = layout.quoting in {"needed", "all"}
        forbidden = "" if breaks else f"{layout.delimiter}\r\n"
        if layout.quoting == "off" and layout.delimiter != "\t":
            forbidden += '"'
        letters = Letters(
            place=self._order.marketplaces[0],
            codec=self.codec,
            forbidden=forbidden,
            breaks=breaks,
        )
        return Manner(
            letters=letters,
            start=self._order.start,
            end=self._order.end,
            local_decimals=self._entry.local_decimals,
            tells_currency=any(
                column.name == "currency"
                for table in self._entry.tables
                for column in table.columns
            ),
            blank_is_empty=True,
            space_is_empty=self._entry.space_is_empty,
        )

    def _served(self, cells: list[Cell], number: int) -> list[str]:
        """Return a row's texts; some rows lose an empty last cell."""
        texts = [cell.text or "" for cell in cells]
        if self.layout.short_rows and number % 5 == 0 and not texts[-1]:
            texts.pop()
        return texts


def layout_of(entry: ReportType, order: Order, codec: str) -> FlatLayout:
    """Return the layout of a document; seed 0 has the catalogue's own.

    Of three seeds one serves no optional column, one all and one some of them; every
    second one shuffles the columns, unless their order is what names them.

    Parameters
    ----------
    entry : ReportType
    order : Order
    codec : str
        Headers that it cannot hold stay untranslated.
    """
    source = Random(f"{order.seed}|{entry.report_type}|layout")
    share = (0.0, 1.0, 0.5)[order.seed % 3]
    columns = [
        column
        for column in entry.columns()
        if not column.optional or source.random() < share
    ]
    shuffled = order.seed % 2 == 1 and not entry.positional
    if shuffled:
        source.shuffle(columns)
    tab = entry.format == "tsv"
    quoting = "off"
    if entry.quoting:
        quoting = source.choice(("needed", "all")) if entry.doubled_quotes else "once"
    header = _header(entry, columns, order, codec)
    ends = ("\n", "\r\n")
    return FlatLayout(
        columns=tuple(columns),
        header=header,
        delimiter="\t" if tab else ",",
        quoting=quoting,
        line_end=ends[order.seed // 2 % 2],
        short_rows=entry.pad_short_rows,
    )


def _header(
    entry: ReportType, columns: list[Column], order: Order, codec: str
) -> tuple[str, ...]:
    """Return the served names: the catalogue's, or others of the marketplace."""
    names = [column.name for column in columns]
    country = order.marketplaces[0].country
    if order.seed % 3 == 0:
        return tuple(names)
    if entry.positional:
        own = TRANSLATED.get(country, ())
        return (*own, *names[len(own) :])
    taken = {column.name for column in entry.columns()}
    letters = Letters(place=order.marketplaces[0], codec=codec)
    foreign = {
        served: any(character >= CJK for character in served)
        for served in entry.header_aliases
    }
    # Of headers in several languages only Japan's are known by their letters
    spoken = any(foreign.values())
    for served, name in entry.header_aliases.items():
        if served in taken or not letters.allow(served):
            continue
        if name in names and (not spoken or (foreign[served] and country == "JP")):
            names[names.index(name)] = served
    return tuple(names)

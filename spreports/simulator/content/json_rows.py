"""JSON documents of any catalogued type: the request's echo, and arrays of records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, timedelta
from random import Random
from typing import Final

from spreports.catalog import ReportType, Table
from spreports.simulator.content.branches import Grower, Grown, flattened, planted
from spreports.simulator.content.cells import Cell, Manner
from spreports.simulator.content.letters import Letters
from spreports.simulator.content.lines import POOL, Order

JOINT: Final = "."
RECORDS_IN_BLOCK: Final = 512
# Account health and the two B2B reports do not repeat the request.
# Source: selling-partner-api-models, report schemas: no reportSpecification.
WITHOUT_ECHO: Final = frozenset({"performance", "b2b"})
# Their echo has moments, that of the promotion family no dates, all others have days
REAL_TIME: Final = "GET_VENDOR_REAL_TIME_"
PROMOTION: Final = "promotion"
VENDOR: Final = "vendor-retail-analytics"
# Sellers get coupons, vendors campaigns, never both in one document
SELLER_COUPONS: Final = "coupons"
VENDOR_COUPONS: Final = "campaigns"
STYLES: Final = ((",", ":", ""), (", ", ": ", " "), (",\n  ", ": ", "\n"))
# An empty string is a value of its own, and any character may stand escaped
HARD: Final = ("", "\x00\b\f\x1f", "a\u2028b\u0085", "\\", '{"a": [1]}', "]},")
NUMBERS: Final = frozenset({"int64", "float64", "decimal", "boolean"})


class JsonDocument:
    """One JSON document.

    Parameters
    ----------
    entry : ReportType
    order : Order
    """

    def __init__(self, entry: ReportType, order: Order) -> None:
        self._entry = entry
        self._order = order
        # Seller performance comes as text: reference, "Charset and bytes"
        kind = "text/plain" if entry.family == "performance" else "application/json"
        self.content_type = f"{kind};charset=UTF-8"
        self.codec = "utf-8"
        self._style = STYLES[order.seed % len(STYLES)]
        self._ascii = order.seed % 4 == 1
        self._absent = _absent_table(entry, order)

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes."""
        comma, colon, gap = self._style
        members = [
            self._array(table)
            for table in self._entry.tables
            if table.name != self._absent
        ]
        echo = self._echo()
        if echo is not None:
            members.insert(len(members) if self._order.seed % 4 == 3 else 0, echo)
        yield f"{{{gap}".encode()
        for number, (name, value) in enumerate(members):
            yield f"{comma if number else ''}{json.dumps(name)}{colon}".encode()
            yield from value
        yield f"{gap}}}".encode()

    def rows(self, *, typed: bool) -> dict[str, Iterator[dict[str, object]]]:
        """Return the rows of each table, by column."""
        return {
            table.name: (
                flattened(record, JOINT, typed=typed, none_is_empty=False)
                for record in self._records(table)
            )
            for table in self._entry.tables
        }

    def _records(self, table: Table) -> Iterator[Grown]:
        """Yield a table's records; they repeat after some two thousand."""
        if table.name == self._absent:
            return
        name = f"{self._entry.report_type}|{table.name}"
        source = self._order.random(name)
        share = (0.0, 1.0, 0.5)[self._order.seed % 3]
        columns = [
            column
            for column in table.columns
            if not column.optional or source.random() < share
        ]
        if self._order.seed % 2:
            source.shuffle(columns)
        order = self._order
        letters = Letters(
            place=order.marketplaces[0], codec=self.codec, breaks=True, more=HARD
        )
        manner = Manner(
            letters=letters,
            start=order.start,
            end=order.end,
            period=order.period,
            spelled=False,
            empties=(None,),
        )
        grower = Grower(planted(columns, JOINT), manner, source, elements=False)
        pool = [grower.record(source) for _ in range(min(POOL, order.rows))]
        for number in range(order.rows):
            yield pool[number % POOL]

    def _array(self, table: Table) -> tuple[str, Iterator[bytes]]:
        """Return a record array's key and its bytes."""

        def pieces() -> Iterator[bytes]:
            comma, _, _ = self._style
            texts: list[str] = []
            waiting: list[str] = []
            # Nulls and missing keys by turns: which of them must not depend on others
            source = Random(f"{self._order.seed}|{table.name}|nulls")
            yield b"["
            lead = ""
            for number, record in enumerate(self._records(table)):
                if number < POOL:
                    texts.append(self._object(record, source))
                waiting.append(lead + texts[number % POOL])
                lead = comma
                if len(waiting) == RECORDS_IN_BLOCK:
                    yield "".join(waiting).encode()
                    waiting.clear()
            yield "".join(waiting).encode()
            yield b"]"

        return table.path or table.name, pieces()

    def _object(self, grown: Grown, source: Random) -> str:
        """Return an object's text; what is empty is null or not there."""
        members: list[tuple[str, str]] = []
        for name, child in grown.one.items():
            if child.branch.children and child.present:
                members.append((name, self._object(child, source)))
            elif not child.branch.children and child.cell.text is not None:
                members.append((name, self._literal(child)))
            elif source.random() < 0.5:
                members.append((name, "null"))
        for name, several in grown.several.items():
            if several is not None:
                made = [
                    self._literal(each)
                    if each.branch.scalar
                    else self._object(each, source)
                    for each in several
                ]
                members.append((name, f"[{self._style[0].join(made)}]"))
            elif source.random() < 0.5:
                members.append((name, "null"))
        comma, colon, gap = self._style
        texts = (f"{json.dumps(name)}{colon}{text}" for name, text in members)
        return f"{{{gap}{comma.join(texts)}{gap}}}"

    def _literal(self, grown: Grown) -> str:
        """Return a value's text: numbers as they are, the rest in quotes."""
        cell: Cell = grown.cell
        column = grown.branch.column
        if cell.text is None:
            return "null"
        if column is not None and column.dtype in NUMBERS:
            return cell.text
        return json.dumps(cell.text, ensure_ascii=self._ascii)

    def _echo(self) -> tuple[str, Iterator[bytes]] | None:
        """Return the request as Amazon repeats it.

        Source: selling-partner-api-models, report schemas, reportSpecification.
        """
        entry, order = self._entry, self._order
        if entry.family in WITHOUT_ECHO:
            return None
        echo: dict[str, object] = {"reportType": entry.report_type}
        if entry.options or order.options:
            echo["reportOptions"] = dict(order.options)
        start = (order.asked_start or order.start).astimezone(UTC)
        end = (order.asked_end or order.end).astimezone(UTC)
        live = entry.report_type.startswith(REAL_TIME)
        if live:
            echo["dataStartTime"] = f"{start:%Y-%m-%dT%H:%M:%SZ}"
            echo["dataEndTime"] = f"{end:%Y-%m-%dT%H:%M:%SZ}"
        elif entry.family == VENDOR:
            echo["lastUpdatedDate"] = f"{end + timedelta(days=1):%Y-%m-%d}"
        if not live and entry.family != PROMOTION and entry.period != "none":
            echo["dataStartTime"] = f"{start:%Y-%m-%d}"
            echo["dataEndTime"] = f"{end:%Y-%m-%d}"
        echo["marketplaceIds"] = [each.marketplace_id for each in order.marketplaces]
        comma, colon, _ = self._style
        text = json.dumps(echo, separators=(comma.rstrip("\n "), colon))
        return "reportSpecification", iter((text.encode(),))


def _absent_table(entry: ReportType, order: Order) -> str | None:
    """Return the coupon table that this request does not get."""
    names = {table.name for table in entry.tables}
    if not {SELLER_COUPONS, VENDOR_COUPONS} <= names:
        return None
    asked = {option[:6] for option in order.options}
    if asked & {"coupon", "campai"}:
        return VENDOR_COUPONS if "coupon" in asked else SELLER_COUPONS
    return VENDOR_COUPONS if order.seed % 2 == 0 else SELLER_COUPONS

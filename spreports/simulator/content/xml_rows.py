"""XML documents of any catalogued type: an envelope, and one element a record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from spreports.catalog import ReportType, Table
from spreports.simulator.content.branches import Grower, Grown, flattened, planted
from spreports.simulator.content.cells import Manner
from spreports.simulator.content.letters import Letters
from spreports.simulator.content.lines import POOL, Order
from spreports.simulator.marketplaces import CODECS

JOINT: Final = "/"
RECORDS_IN_BLOCK: Final = 512
ENVELOPE: Final = "AmazonEnvelope"
# Source: reference, "XML": record elements, and the returns' MessageType
MESSAGE_TYPES: Final = {
    "Order": "AllOrdersReport",
    "OrderReport": "OrderReport",
    "return_details": "Returns-Report",
}
TOGETHER: Final = "return_details"
# Two types' record elements are documented nowhere: a reader has to find them by what
# they hold
STAND_IN: Final = "AmazonEnvelope/Message/Record"
SCHEMA: Final = (
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:noNamespaceSchemaLocation="amzn-envelope.xsd"'
)
LABELS: Final = {"UTF-8": "UTF-8", "Cp1252": "windows-1252", "Windows-31J": "Shift_JIS"}
HARD: Final = ("]]>", "<!-- no comment -->", "a > b", "</Message>", "\u0085 \u2028")
# What an attribute would lose: blanks of other kinds become spaces
IN_ATTRIBUTE: Final = {"\n": "&#10;", "\t": "&#9;"}


class XmlDocument:
    """One XML document.

    Parameters
    ----------
    entry : ReportType
    order : Order
    """

    def __init__(self, entry: ReportType, order: Order) -> None:
        self._order = order
        self._entry = entry
        own = order.seed % 3 == 2
        charset = order.marketplaces[0].charset if own else "UTF-8"
        self._label = LABELS[charset]
        self.codec = CODECS[charset]
        self.content_type = "text/xml"
        self._line = "\n" if order.seed % 2 == 0 else ""
        self._references = order.seed % 4 == 1
        self._sections = order.seed % 4 == 2

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes."""
        table = self._entry.table()
        line = self._line
        *parents, record_tag = (table.path or STAND_IN).split(JOINT)
        root, *inner = parents
        together = record_tag == TOGETHER or not inner
        opened = "".join(f"<{tag}>{line}" for tag in inner)
        closed = "".join(f"</{tag}>{line}" for tag in reversed(inner))
        yield self._bytes(self._head(root, record_tag) + (opened if together else ""))
        texts: list[str] = []
        waiting: list[str] = []
        for number, record in enumerate(self._records(table)):
            if number < POOL:
                text = self._element(record, record_tag)
                texts.append(text if together else opened + text + closed)
            waiting.append(texts[number % POOL])
            if len(waiting) == RECORDS_IN_BLOCK:
                yield self._bytes("".join(waiting))
                waiting.clear()
        tail = (closed if together else "") + f"</{root}>{line}"
        yield self._bytes("".join(waiting) + tail)

    def rows(self, *, typed: bool) -> dict[str, Iterator[dict[str, object]]]:
        """Return the rows of the one table, by column."""
        table = self._entry.table()
        made = (
            flattened(record, JOINT, typed=typed, none_is_empty=True)
            for record in self._records(table)
        )
        return {table.name: made}

    def _records(self, table: Table) -> Iterator[Grown]:
        """Yield the records; they repeat after some two thousand."""
        order = self._order
        source = order.random(self._entry.report_type)
        columns = list(table.columns)
        if order.seed % 2:
            source.shuffle(columns)
        letters = Letters(
            place=order.marketplaces[0],
            codec=self.codec,
            forbidden="\r",
            breaks=True,
            more=HARD,
        )
        manner = Manner(
            letters=letters, start=order.start, end=order.end, empties=(None, "")
        )
        grower = Grower(planted(columns, JOINT), manner, source, elements=True)
        pool = [grower.record(source) for _ in range(min(POOL, order.rows))]
        for number in range(order.rows):
            yield pool[number % POOL]

    def _head(self, root: str, record_tag: str) -> str:
        """Return the declaration and what stands before the first record."""
        line = self._line
        head = f'<?xml version="1.0" encoding="{self._label}"?>{line}'
        if root != ENVELOPE:
            return f"{head}<{root}>{line}"
        kind = MESSAGE_TYPES.get(record_tag, record_tag)
        return (
            f"{head}<{root}{SCHEMA}>{line}"
            f"<Header>{line}<DocumentVersion>1.00</DocumentVersion>{line}"
            f"</Header>{line}<MessageType>{kind}</MessageType>{line}"
        )

    def _element(self, grown: Grown, tag: str) -> str:
        """Return an element; one whose text is not there is left out."""
        branch, line = grown.branch, self._line
        text = grown.cell.text
        if not grown.present or (branch.column is not None and text is None):
            return ""
        attributes = "".join(
            f" {name}={quoteattr(cell.text, IN_ATTRIBUTE)}"
            for name, cell in grown.attributes.items()
            if cell.text is not None
        )
        inside = self._text(text or "")
        for name, child in grown.one.items():
            inside += self._element(child, name)
        for name, several in grown.several.items():
            inside += "".join(self._element(each, name) for each in several or ())
        if not inside:
            return f"<{tag}{attributes}/>{line}"
        lead = line if branch.children else ""
        return f"<{tag}{attributes}>{lead}{inside}</{tag}>{line}"

    def _text(self, text: str) -> str:
        """Return an element's text, escaped in this document's way."""
        if self._sections and "]]>" not in text and ("<" in text or "&" in text):
            return f"<![CDATA[{text}]]>"
        return escape(text)

    def _bytes(self, text: str) -> bytes:
        """Encode a text; some documents write other letters by their number."""
        if self._references:
            return text.encode("ascii", "xmlcharrefreplace")
        return text.encode(self.codec)

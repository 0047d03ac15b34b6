"""Strings for the columns of the catalogue: plausible by name, and hard on parsers.

Only characters that the document's charset holds, and none that its form forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from spreports.catalog import Column
from spreports.simulator.content.lines import order_id
from spreports.simulator.content.words import Article, article, city, person
from spreports.simulator.marketplaces import Marketplace

# ruff: noqa: RUF001  the very characters that parsers trip over

# Every so many strings is one of these, in any column that is free to hold it
EDGE_SHARE = 0.15
EDGES = (
    '1/2" Sensor',
    '"Ultra" arm',
    'shown as "new"',
    '"wholly enclosed"',
    '"',
    "0012345",
    "000",
    "1E5",
    "NaN",
    "NULL",
    "N/A",
    "true",
    "-",
    "O'Hara & Söhne <b>",
    r"C:\temp\new",
    "a,b;c|d",
    "=1+1",
    "50 % &amp; more",
    "Größe „L“ – €5 …",
    "Œuvre d’été ñandú",
    "髙級タオル ㈱さくら ①",
    "ﾊﾝｶｸ ～ №5",
    "Zażółć gęślą jaźń",
    "İstanbul’da ŞÖLEN",
    "عربي ١٢٣",
    "Straße 😀 𠮷野家",
)
BLANKS = (" padded on both sides ", "trailing ", " ")
BREAKS = ("first line\nsecond line", "a\r\nb", 'he said "no",\nand left', "tab\tinside")
FREE = (
    "Standard",
    "Expedited",
    "SELLABLE",
    "Customer Damaged",
    "Amazon",
    "Active",
    "A1",
    "Größe M",
    "見本",
)
_VALUES = re.compile(r"\bvalues ([\w-]+(?:\|[\w-]+)+)", re.ASCII)

Maker = Callable[[Random], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Which strings a document may hold.

    Attributes
    ----------
    place : Marketplace
    codec : str
        Python's name of the charset.
    forbidden : str
        Characters that may not stand in a cell, such as tab and line ends.
    blanks : bool
        Blanks may stand at either end of a cell, or alone.
    breaks : bool
        Line ends and tabs may stand in a cell, unless they are forbidden.
    more : tuple of str
        Hard strings of the document's own form.
    """

    place: Marketplace
    codec: str
    forbidden: str = ""
    blanks: bool = True
    breaks: bool = False
    more: tuple[str, ...] = ()

    def allow(self, text: str) -> bool:
        """Whether the document can hold a string and give it back."""
        if any(character in text for character in self.forbidden):
            return False
        try:
            return text.encode(self.codec).decode(self.codec) == text
        except UnicodeError:
            return False

    def maker(self, column: Column) -> Maker:
        """Return what makes the strings of a column."""
        listed = _VALUES.search(column.note)
        if listed:
            choices = tuple(filter(self.allow, listed[1].split("|")))
            return lambda source: source.choice(choices)
        fixed = self._fixed(column.name)
        if fixed is not None:
            return lambda _: fixed
        edges = self._edges()
        plain = self._plain(re.split(r"[./]", column.name)[-1].lower())

        def make(source: Random) -> str:
            if source.random() < EDGE_SHARE:
                return source.choice(edges)
            text = plain(source)
            return text if text and self.allow(text) else "plain"

        return make

    def _edges(self) -> tuple[str, ...]:
        """Return the hard strings that the document can hold."""
        blanks = BLANKS if self.blanks else ()
        breaks = BREAKS if self.breaks else ()
        return tuple(filter(self.allow, (*EDGES, *blanks, *breaks, *self.more)))

    def _fixed(self, name: str) -> str | None:
        """Return what stands in every row of a column, if its name says so."""
        bare = re.sub(r"[^a-z]", "", name.rpartition(".")[2].lower())
        if bare.endswith(("currency", "currencycode")):
            return self.place.currency
        return self.place.marketplace_id if bare == "marketplaceid" else None

    def _plain(self, name: str) -> Maker:
        """Return what makes the usual strings of a column of that name."""
        place = self.place
        country = place.country

        def digits(source: Random) -> str:
            return f"{source.randrange(10**9):012d}"

        by_part: tuple[tuple[str, Maker], ...] = (
            ("fnsku", lambda source: f"X00{source.randrange(10**7):07d}"),
            ("sku", lambda source: _sold(source, country).sku),
            ("asin", lambda source: _sold(source, country).asin),
            ("email", lambda source: f"{source.randrange(10**8):08x}@buyer.example"),
            ("phone", digits),
            ("order", lambda source: order_id(302, 17, source.randrange(10**7))),
            ("country", lambda _: country),
            ("city", lambda source: city(source, country)[0]),
            ("postal", lambda source: city(source, country)[2]),
            ("channel", lambda _: place.site),
            ("buyer", lambda source: person(source, country)),
            ("recipient", lambda source: person(source, country)),
            ("name", lambda source: _sold(source, country).title),
            ("title", lambda source: _sold(source, country).title),
            ("description", lambda source: _sold(source, country).title),
            ("id", digits),
            ("ean", digits),
            ("upc", digits),
            ("code", digits),
        )
        for part, maker in by_part:
            if part in name:
                return maker
        return lambda source: source.choice(FREE)


def _sold(source: Random, country: str) -> Article:
    return article(source, country, source.randrange(4000))

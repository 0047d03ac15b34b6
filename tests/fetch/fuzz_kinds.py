"""One small document of each kind of every format, and ways to damage it."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from dataclasses import replace
from functools import lru_cache
from typing import Final

from spreports.catalog import lookup
from spreports.simulator.content import generate
from tests.fetch.flat_kinds import KINDS, FlatKind

SEED: Final = "all formats 1"
# Of each: records that nest, several tables, times, amounts
TREES: Final = (
    *("search_terms", "sales_and_traffic", "coupons", "seller_performance"),
    *("vendor_sales", "end_users"),
    *("orders_xml", "returns_xml", "settlement_xml", "browse_tree"),
)
BOOKS: Final = ("fee_discounts", "remote_fulfillment")
WORDS: Final = (
    *(
        b"\t",
        b'"',
        b'""',
        b"\n",
        b"\r",
        b"\r\n",
        b",",
        b";",
        b"\0",
        b"\xff",
        b"\xef\xbb",
    ),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b\x08", b"{", b"[", b"<", b"PK\x03\x04"),
    *(b"%PDF-", b"9" * 40, b"1e999", b"-", b"\x81", b"\xc3", b" ", b"0x1", b"nan"),
    *("\u2028".encode(), "漢".encode(), b"<?xml", b"\t" * 50, b"\n" * 50, b'"' * 51),
    *(b"}", b"]", b"null", b"true", b"\\", b"\\u", b"\\ud800", b":", b"[" * 200),
    *(b"{}", b"[]", b'{"a":' * 100, b">", b"</", b"/>", b"&", b"&#0;", b"&x;", b"]]>"),
    *(b"<![CDATA[", b"<!--", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<a>" * 200, b"="),
)
# Of a workbook's part, each its own: what its readers look at
PLACES: Final = (b"A1", b"XFD1048576", b'r="0"', b't="s"', b't="e"', b"<v>9999999</v>")


@lru_cache(maxsize=1)
def kinds() -> tuple[FlatKind, ...]:
    """Return all documents: flat files by hand, the others made up."""
    trees = []
    for name in (*TREES, *BOOKS):
        made = generate(lookup(name), seed=3, rows=3, marketplace="DE")
        plain = b"".join(made.blocks())
        kind = FlatKind(name=name, entry=made.entry, plain=plain)
        trees.append(replace(kind, content_type=made.content_type))
    return (*KINDS, *trees)


def mutated(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """Damage a document in one to four ways."""
    for _ in range(source.randint(1, 4)):
        start = source.randrange(len(data) + 1)
        stop = min(len(data), start + source.choice((1, 1, 2, 5, 20, 100)))
        match source.randrange(7):
            case 0:
                place = min(start, len(data) - 1)
                if place >= 0:
                    flipped = bytes([data[place] ^ (1 << source.randrange(8))])
                    data = data[:place] + flipped + data[place + 1 :]
            case 1:
                data = data[:start] + data[stop:]
            case 2:
                data = data[:start] + source.choice(WORDS) + data[start:]
            case 3:
                times = source.choice((1, 1, 2, 30))
                data = data[:stop] + data[start:stop] * times + data[stop:]
            case 4:
                data = data[:start]
            case 5:
                other = source.choice(others)
                data = data[:start] + other[source.randrange(len(other)) :]
            case _:
                data = data[:start] + source.randbytes(stop - start) + data[stop:]
    return data


def damaged_part(book: bytes, source: random.Random) -> bytes:
    """Return a whole, sound archive of a workbook with one damaged part."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = source.choice(sorted(parts))
    text = parts[name]
    if source.random() < 0.3:
        place = source.randrange(len(text))
        parts[name] = text[:place] + source.choice(PLACES) + text[place:]
    else:
        parts[name] = mutated(text, source, list(parts.values()))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in parts.items():
            archive.writestr(each, data)
    return target.getvalue()


def document(number: int) -> tuple[FlatKind, bytes, dict[str, object]]:
    """Return a damaged document and how to read it, by its number."""
    source = random.Random(f"{SEED}-{number}")  # noqa: S311 - mutations, no secrets
    kind = source.choice(kinds())
    plains = [each.plain for each in kinds()]
    if kind.name in BOOKS and source.random() < 0.7:
        stored = damaged_part(kind.plain, source)
    elif source.random() < 0.5:
        stored = mutated(kind.plain, source, plains)
        if source.random() < 0.5:
            stored = gzip.compress(stored, 1, mtime=0)
    else:
        other = source.choice(plains)
        members = [gzip.compress(each, 1, mtime=0) for each in (kind.plain, other)]
        stored = mutated(members[0], source, members)
    options: dict[str, object] = {
        "typed": source.random() < 0.6,
        "on_bad_value": source.choice(("raise", "null", "rescue")),
        "batch_bytes": source.choice((1, 50, 1 << 20)),
        "content_type": source.choice((kind.content_type, None)),
        "legacy_charset": source.choice(
            (kind.legacy, None, "cp1252", "cp932", ("cp1252", "cp932"))
        ),
        "nested": source.choice(("flat", "struct")),
    }
    names = [table.name for table in kind.entry.tables]
    if len(names) > 1:
        options["table"] = source.choice((None, *names))
    return kind, stored, options

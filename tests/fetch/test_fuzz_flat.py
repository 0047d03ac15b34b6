"""Damaged flat files: a typed error or a table, in little memory, and always an end."""

from __future__ import annotations

import gzip
import io
import os
import random

import pyarrow as pa
import pytest

from spreports.errors import DocumentError
from spreports.fetch.document import open_batches
from tests.fetch.flat_kinds import KINDS, FlatKind

SEED = "flat 1"
SLOW = 5_000 if os.environ.get("SPREPORTS_SLOW") == "short" else 20_000
# A mutated document of a few hundred bytes; gzip damage cannot make it a thousandfold
MEMORY_CAP = 32 << 20
MOST_READS = 10_000
WORDS = (
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
)


class Counted(io.BytesIO):
    """A stream that is asked only so often."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        assert self.reads < MOST_READS, "the document is read without an end"
        return super().read(size)


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


def document(number: int) -> tuple[FlatKind, bytes, dict[str, object]]:
    """Return a damaged document and how to read it, by its number."""
    source = random.Random(f"{SEED}-{number}")  # noqa: S311 - mutations, no secrets
    kind = source.choice(KINDS)
    plains = [each.plain for each in KINDS]
    if source.random() < 0.5:
        stored = mutated(kind.plain, source, plains)
        if source.random() < 0.5:
            stored = gzip.compress(stored, 1, mtime=0)
    else:
        members = [gzip.compress(each, 1, mtime=0) for each in plains]
        stored = mutated(gzip.compress(kind.plain, 1, mtime=0), source, members)
    options: dict[str, object] = {
        "typed": source.random() < 0.6,
        "on_bad_value": source.choice(("raise", "null", "rescue")),
        "batch_bytes": source.choice((1, 50, 1 << 20)),
        "content_type": source.choice((kind.content_type, None)),
        "legacy_charset": source.choice((kind.legacy, None, "cp1252", "cp932")),
    }
    if kind.name == "settlement":
        options["table"] = source.choice((None, "rows", "summary"))
    return kind, stored, options


def fuzz(first: int, last: int) -> dict[str, int]:
    """Read documents by number; count what came of them."""
    outcomes: dict[str, int] = {}
    pool = pa.default_memory_pool()
    for number in range(first, last):
        kind, stored, options = document(number)
        before = pool.bytes_allocated()
        try:
            reader = open_batches(
                lambda stored=stored: Counted(stored),  # type: ignore[misc]  # bound now
                kind.entry,
                **options,  # type: ignore[arg-type]  # drawn above
            )
            rows = 0
            for batch in reader:
                rows += batch.num_rows
                assert pool.bytes_allocated() - before < MEMORY_CAP
                batch.validate(full=True)
            assert rows <= 1000 * len(stored)
            outcome = "a table"
        except DocumentError as error:
            outcome = type(error).__name__
        except BaseException as error:
            error.add_note(f"seed {SEED!r}, number {number}: {kind.name}, {options}")
            raise
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def test_damaged_flat_files_are_typed_errors_or_tables() -> None:
    outcomes = fuzz(0, 1_500)
    assert set(outcomes) == {"a table", "DecompressError", "DecodeError", "ParseError"}
    assert min(outcomes.values()) > 20


@pytest.mark.slow
def test_damaged_flat_files_in_the_long_run() -> None:
    outcomes = fuzz(1_500, 1_500 + SLOW)
    assert sum(outcomes.values()) == SLOW

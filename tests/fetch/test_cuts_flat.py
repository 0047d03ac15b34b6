"""Wherever a flat file is cut, it gives the same table, or an error for a lost part."""

from __future__ import annotations

import gzip
import io

import pyarrow as pa
import pytest

from spreports.errors import DocumentError
from spreports.fetch.document import open_batches
from spreports.fetch.read_options import ReadOptions
from tests.fetch.flat_kinds import KINDS, FlatKind

pytestmark = pytest.mark.usefixtures("each_way")


class Cut(io.BytesIO):
    """A stream that gives its bytes up to a place, then the rest in pieces."""

    def __init__(self, data: bytes, first: int, piece: int) -> None:
        super().__init__(data)
        self._first = first
        self._piece = piece

    def read(self, size: int | None = -1, /) -> bytes:
        here = self._first - self.tell()
        return super().read(here if here > 0 else self._piece)


def table_of(
    kind: FlatKind, stored: bytes, first: int, piece: int, batch_bytes: int = 1 << 20
) -> pa.Table:
    """Read a document that arrives in pieces."""
    return open_batches(
        lambda: Cut(stored, first, piece),
        kind.entry,
        ReadOptions(batch_bytes=batch_bytes),
        content_type=kind.content_type,
        legacy_charset=kind.legacy,
    ).read_all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_flat_file_cut_at_every_chunk_boundary_gives_the_same_table(
    kind: FlatKind,
) -> None:
    size = len(kind.plain)
    wanted = table_of(kind, kind.plain, size, 1)
    assert wanted.num_rows > 1
    for place in range(1, size):
        assert table_of(kind, kind.plain, place, size).equals(wanted), place
    stored = gzip.compress(kind.plain)
    for piece in (1, 2, 3, 5, 7, 64):
        for batch_bytes in (1, 37, 1 << 20):
            for data in (stored, kind.plain):
                table = table_of(kind, data, 1, piece, batch_bytes)
                assert table.equals(wanted), (piece, batch_bytes)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_gzip_flat_file_that_lacks_its_end_is_an_error_wherever_it_ends(
    kind: FlatKind,
) -> None:
    stored = gzip.compress(kind.plain)
    for end in range(len(stored)):
        with pytest.raises(DocumentError):
            table_of(kind, stored[:end], end or 1, 64)


@pytest.mark.parametrize(
    "kind",
    [each for each in KINDS if each.name not in {"unknown", "listings of Japan"}],
    ids=lambda kind: kind.name,
)
def test_plain_text_that_ends_inside_a_row_is_an_error(kind: FlatKind) -> None:
    whole = table_of(kind, kind.plain, len(kind.plain), 1)
    columns = whole.num_columns
    header_end = kind.plain.index(b"\n", 2) + 1
    refused = 0
    for end in range(header_end, len(kind.plain)):
        try:
            part = table_of(kind, kind.plain[:end], end, 64)
        except DocumentError:
            refused += 1
            continue
        # only what ends with a row, or in its last cell, can pass for a document
        assert part.num_columns == columns
        assert part.num_rows <= whole.num_rows
        served = [
            n for n in part.column_names if part.schema.field(n).type != pa.null()
        ]
        assert (
            part.select(served)
            .slice(0, max(0, part.num_rows - 1))
            .equals(whole.select(served).slice(0, max(0, part.num_rows - 1)))
        )
        line = kind.plain[:end].replace(b"\r", b"").rpartition(b"\n")[2]
        if line and b'"' not in kind.plain and kind.name != "settlement":
            header = kind.plain[:header_end].replace(b"\r", b"").strip()
            assert line.count(b"\t") == header.count(b"\t")
    assert refused > 10

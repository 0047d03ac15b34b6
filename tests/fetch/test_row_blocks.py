"""Blocks are whole rows, as many as fit, wherever a text was cut on its way."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.errors import ParseError
from spreports.fetch.flat import row_blocks as module
from spreports.fetch.flat.header import Quoting, read_header
from spreports.fetch.flat.row_blocks import row_blocks
from tests.fetch.documents import entry

HEADERS = {
    quoting: read_header(iter([line]), entry(known=False, format=form))[0]
    for quoting, line, form in (
        (Quoting.OFF, b"a\tb\n", "tsv"),
        (Quoting.DOUBLED, b"a,b\n", "csv"),
    )
}
CELL = st.text(st.sampled_from('xy "'), max_size=40)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=12)


def written(rows: list[tuple[str, str]], quoting: Quoting) -> list[bytes]:
    """Write rows; a quoted cell holds a line end too."""
    if quoting is Quoting.OFF:
        return ["\t".join(row).encode() + b"\n" for row in rows]
    quoted = [['"' + c.replace('"', '""') + '\n"' for c in row] for row in rows]
    return [",".join(row).encode() + b"\n" for row in quoted]


def blocks_of(text: bytes, cuts: list[int], quoting: Quoting, size: int) -> list[bytes]:
    places = sorted(cut % (len(text) + 1) for cut in cuts)
    chunks = [text[a:b] for a, b in zip([0, *places], [*places, None], strict=True)]
    return list(row_blocks(chunks, HEADERS[quoting], block_bytes=size))


def greedy(lines: list[bytes], size: int) -> list[bytes]:
    """Give as many lines as fit, by twice the size where not even one does."""
    blocks, limit = [], size
    while lines:
        ends = list(accumulate(map(len, lines)))
        count = sum(end <= limit for end in ends) if ends[-1] >= limit else len(lines)
        blocks.append(b"".join(lines[:count]))
        lines, limit = lines[count:], size if count else 2 * limit
    return [block for block in blocks if block]


@pytest.mark.parametrize("quoting", list(HEADERS))
@given(ROWS, st.lists(st.integers(0, 900), max_size=8), st.integers(1, 200))
def test_blocks_hold_as_many_rows_as_fit_wherever_the_text_was_cut(
    quoting: Quoting, rows: list[tuple[str, str]], cuts: list[int], size: int
) -> None:
    assert HEADERS[quoting].quoting is quoting
    lines = written(rows, quoting)
    found = blocks_of(b"".join(lines), cuts, quoting, size)
    assert found == greedy(lines, size)


def test_a_row_may_be_as_long_as_a_line_but_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 1_000)
    for size in (10, 300, 1_000):
        rows = [b"x\ty\n", b"z" * 998 + b"\t\n", b"x\ty\n"]
        assert b"".join(rows) == b"".join(
            blocks_of(b"".join(rows), [400], Quoting.OFF, size)
        )
        rows[1] = b"z" + rows[1]
        with pytest.raises(ParseError, match="a row of more than"):
            blocks_of(b"".join(rows), [400], Quoting.OFF, size)

"""The first lines of a flat file: which they are, however it is cut, and found once."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.errors import ParseError
from spreports.fetch.flat import header as header_module
from spreports.fetch.flat.header import _LINE, _first_lines, read_header
from tests.fetch.documents import entry

AB = entry(Column(name="a"), Column(name="b"))


@given(st.text("ab\t \r\n\n\x0b", max_size=14), st.lists(st.integers(0, 14)))
@example("a\n  b\n", [2])
@example("a\r\n\r\nb\r\n", [2, 4, 6])
def test_the_first_two_lines_that_are_not_blank_are_found_however_they_are_cut(
    text: str, cuts: list[int]
) -> None:
    data = text.encode()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = iter([data[a:b] for a, b in pairwise(places)])
    lines = [
        each for each in re.finditer(rb"([^\r\n]*)(\r\n|\n|\r|$)", data) if each[1]
    ]
    filled = [each for each in lines if each[1].strip()][:2]

    found, rest, ended = _first_lines(chunks)

    assert found == [each.groups() for each in filled]
    assert rest + b"".join(chunks) == (data[filled[0].end() :] if filled else b"")
    assert ended or len(found) == 2


class Searched:
    """The search for a line, and over how many bytes it may have gone in all."""

    def __init__(self) -> None:
        self.bytes = self.calls = 0

    def match(self, text: bytes, place: int) -> re.Match[bytes] | None:
        self.bytes += len(text) - place
        self.calls += 1
        return _LINE.match(text, place)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Searched:
    found = Searched()
    monkeypatch.setattr(header_module, "_LINE", found)
    return found


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b" \t\n"])
def test_blank_lines_before_and_behind_the_header_are_passed_once(
    end: bytes, searched: Searched
) -> None:
    blanks = [end * (1 << 12)] * 64
    own = end.strip(b" \t")
    text = iter([*blanks, b"a\tb", own, *blanks, b"1\t2", own, own])
    header, rest = read_header(text, AB)

    assert header.names == ("a", "b")
    assert header.line_end == (b"\r" if end == b"\r" else b"\n")
    assert b"".join(rest).strip() == b"1\t2"
    assert searched.calls < 3 * 64
    assert searched.bytes < 2 * len(blanks[0])


def test_a_long_first_line_is_searched_for_its_end_once(searched: Searched) -> None:
    long = [b"x" * (1 << 12)] * 500
    header, rest = read_header(iter([b"a\t", *long, b"\n1", b"\t2\n", b"3"]), AB)

    assert header.names == ("a", "x" * (500 << 12))
    assert b"".join(rest) == b"1\t2\n3"
    assert searched.bytes < 2 * (500 << 12)


@pytest.mark.parametrize(
    "text",
    [
        b"a\0b\ta\0c\n1\t2\n",
        b"a\tb\0\n1\t2\n",
        "sku\titem-price\nA\t1.5\n".encode("utf-16-be"),
        "sku\titem-price\nA\t1.5\n".encode("utf-16-le"),
    ],
)
def test_a_nul_in_the_header_is_refused_with_what_it_may_be(text: bytes) -> None:
    with pytest.raises(ParseError, match=r"UTF-16 without .* encoding='utf-16-le'"):
        read_header(iter([text]), AB)

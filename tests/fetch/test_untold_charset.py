"""A document that does not say its charset is asked for it where that matters."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.errors import DecodeError
from spreports.fetch.decode import decode
from spreports.fetch.untold_charset import PROOF, decode_untold, tried_charset

LEGACY = "cp1252"
# ASCII before, between and behind: what is met first decides nothing
PARTS = st.sampled_from(
    [b"a\tb\n", "é\u4e9c\ufeff€".encode(), b"\xe9", b"\x93", b"\x81"]
)


def read(plain: bytes, cuts: list[int]) -> bytes | int | None:
    """Return the text, or where it is no charset's."""

    def opened() -> Generator[bytes, None, None]:
        ends = sorted({cut for cut in cuts if cut < len(plain)} | {len(plain)})
        for start, end in pairwise([0, *ends]):
            yield plain[start:end]

    try:
        text = decode_untold(opened(), lambda: tried_charset(opened, LEGACY))
        return b"".join(text)
    except DecodeError as exc:
        return exc.offset


@given(st.lists(PARTS, max_size=8).map(b"".join), st.lists(st.integers(0, 60)))
def test_what_is_read_is_what_the_whole_document_fits(
    plain: bytes, cuts: list[int]
) -> None:
    whole = tried_charset(lambda: (part for part in [plain]), LEGACY)
    expected: bytes | int | None
    try:
        expected = plain.decode(whole).encode()
    except UnicodeDecodeError as exc:
        expected = exc.start

    assert read(plain, cuts) == expected


def test_ascii_is_read_once() -> None:
    def never() -> str:
        raise AssertionError("the charset was asked for")

    assert list(decode_untold([b"sku\n", b"A\n"], never)) == [b"sku\n", b"A\n"]


def test_an_error_behind_ascii_has_its_place_in_the_document() -> None:
    with pytest.raises(DecodeError) as caught:
        list(decode_untold([b"ascii\n", b"ab\x81"], lambda: "cp1252"))

    assert caught.value.offset == 8


def test_the_bytes_of_a_byte_order_mark_further_down_are_a_character() -> None:
    told = "\ufeffa".encode()
    assert b"".join(decode_untold([b"x\n", told], lambda: "utf-8")) == b"x\n" + told
    assert b"".join(decode([told], "utf-8", offset=2)) == told
    assert b"".join(decode([told], "utf-8")) == b"a"


def test_much_utf_8_is_proof_and_a_fault_behind_it_stays_one() -> None:
    asked: list[bytes] = []

    def opened(*parts: bytes) -> Generator[bytes, None, None]:
        for part in parts:
            asked.append(part)
            yield part

    much, fault = "ü\n".encode() * PROOF, b"\xe9\n"

    assert tried_charset(lambda: opened(much, fault), LEGACY) == "utf-8"
    assert asked == [much]
    assert tried_charset(lambda: opened(much[3:], fault), LEGACY) == "cp1252"
    assert read(much + fault, []) == len(much)
    assert read(much + fault, [100, 101, len(much) - 4]) == len(much)

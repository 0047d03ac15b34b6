"""Plain bytes come out whole, or an error comes out."""

from __future__ import annotations

import gzip
import struct
import sys
import zlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spreports.errors import DecompressError
from spreports.fetch.decompress import _inflater, decompress

PLAIN = b"".join(b"%d\tcell\n" % i for i in range(40))
FEXTRA, FNAME, FCOMMENT, FHCRC = 4, 8, 16, 2


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")


@pytest.mark.parametrize("library", ["isal"], indirect=True)
@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ("1.8.0", False),
        ("1.9.0", True),
        ("1.10.1.dev2", True),
        ("2.0rc1", True),
        ("?", False),
    ],
)
def test_an_isal_that_fails_on_sound_streams_is_left_unused(
    version: str, sound: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isal.__version__", version)

    _, crc32, error = _inflater()

    assert (crc32 is not zlib.crc32) is sound
    assert (error is not zlib.error) is sound


def whole(chunks: Iterable[bytes]) -> bytes:
    return b"".join(decompress(chunks))


def member(plain: bytes, flags: int, extra: bytes = b"\0ex\0a") -> bytes:
    """Return a GZIP member with the header fields that `flags` names."""
    head = struct.pack("<4BIBB", 0x1F, 0x8B, 8, flags, 0, 0, 255)
    if flags & FEXTRA:
        head += struct.pack("<H", len(extra)) + extra
    if flags & FNAME:
        head += b"name\0"
    if flags & FCOMMENT:
        head += b"a comment\0"
    if flags & FHCRC:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(plain) + deflate.flush()
    return head + body + struct.pack("<II", zlib.crc32(plain), len(plain))


def pieces(stored: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(stored) + 1) for cut in cuts), len(stored)]
    return [stored[a:b] for a, b in pairwise(places)]


@pytest.mark.parametrize("extra", [b"\0ex\0a", b""])
@pytest.mark.parametrize("flags", range(0, 32, 2))
def test_every_cut_in_two_of_every_header_gives_the_same_bytes(
    flags: int, extra: bytes
) -> None:
    stored = member(PLAIN, flags, extra) + member(b"second", flags, extra)
    for cut in range(len(stored) + 1):
        assert whole([stored[:cut], stored[cut:]]) == PLAIN + b"second"


@pytest.mark.parametrize("flags", range(0, 32, 2))
def test_no_part_of_a_gzip_document_passes_for_the_whole(flags: int) -> None:
    stored = member(PLAIN, flags)
    for cut in range(1, len(stored)):
        with pytest.raises(DecompressError):
            whole([stored[:cut]])


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    st.lists(st.integers(0, 2000), max_size=6),
    st.integers(1, 50),
    st.integers(0, 20),
)
def test_cuts_members_and_trailing_zeros_never_matter(
    plains: list[bytes], cuts: list[int], max_chunk: int, zeros: int
) -> None:
    expected = b"".join(plains)
    # a plain text of that first byte would be taken for a second, cut layer
    assume(not expected.startswith(b"\x1f"))
    stored = b"".join(gzip.compress(plain) for plain in plains) + bytes(zeros)

    chunks = list(decompress(pieces(stored, cuts), max_chunk=max_chunk))

    assert b"".join(chunks) == expected
    assert all(chunks)
    assert all(len(chunk) <= max_chunk for chunk in chunks)


def test_every_one_of_many_members_comes_out() -> None:
    lines = [b"%d\tcell\n" % number for number in range(1000)]
    stored = b"".join(gzip.compress(line, mtime=0) for line in lines)

    assert whole(pieces(stored, range(0, len(stored), 4096))) == b"".join(lines)
    with pytest.raises(DecompressError, match="checksum"):
        whole([stored[:-1] + bytes([stored[-1] ^ 1])])


def test_a_flipped_bit_never_gives_other_bytes() -> None:
    stored = gzip.compress(PLAIN, mtime=0)
    refused = 0
    for place in range(10, len(stored)):
        broken = bytearray(stored)
        broken[place] ^= 0x10
        try:
            # a bit that pads the last byte of the data means nothing
            assert whole([bytes(broken)]) == PLAIN
        except DecompressError:
            refused += 1
    assert refused >= len(stored) - 12


@pytest.mark.parametrize("tail", [b"garbage", b"\0\0garbage", b"\x1f", b"\x1f\x8b"])
def test_foreign_bytes_after_the_data_are_an_error(tail: bytes) -> None:
    with pytest.raises(DecompressError) as caught:
        whole([gzip.compress(PLAIN), tail])
    assert caught.value.offset is not None


def test_the_offset_says_where_it_was_cut() -> None:
    stored = gzip.compress(PLAIN)
    with pytest.raises(DecompressError, match="cut short") as caught:
        whole([stored[:50]])
    assert caught.value.offset == 50


def test_plain_bytes_pass_through() -> None:
    assert whole([PLAIN[:1], b"", PLAIN[1:]]) == PLAIN


def test_no_bytes_give_no_chunk() -> None:
    assert list(decompress([])) == []
    assert list(decompress([b"", b""])) == []
    assert list(decompress([gzip.compress(b"")])) == []


def test_two_layers_are_undone_and_three_refused() -> None:
    twice = gzip.compress(gzip.compress(PLAIN))
    assert whole([twice]) == PLAIN
    with pytest.raises(DecompressError, match="more than 2 times"):
        whole([gzip.compress(twice)])


def test_a_bomb_is_stopped_early_and_arrives_in_small_chunks() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    sizes: list[int] = []

    def inflate() -> None:
        sizes.extend(map(len, decompress([bomb], max_plain=10_000_000)))

    with pytest.raises(DecompressError, match="bomb"):
        inflate()
    assert max(sizes) <= 1 << 20
    assert sum(sizes) <= 10_000_000


def test_members_without_end_are_refused_though_none_has_a_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spreports.fetch.decompress.MAX_MEMBERS", 3)
    empty = gzip.compress(b"", mtime=0)

    assert whole([empty * 2, gzip.compress(PLAIN)]) == PLAIN
    with pytest.raises(DecompressError, match="more than 3 GZIP members") as caught:
        whole([empty * 4])
    assert caught.value.offset == 3 * len(empty)


def test_many_members_of_one_chunk_do_not_each_copy_what_follows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new_inflater, crc32, error = _inflater()
    given: list[int] = []

    class Noting:
        def __init__(self, bits: int) -> None:
            self.inflater = new_inflater(bits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inflater, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            given.append(len(data))
            return self.inflater.decompress(data, most)  # type: ignore[no-any-return]

    monkeypatch.setattr(
        "spreports.fetch.decompress._inflater", lambda: (Noting, crc32, error)
    )

    assert whole([gzip.compress(b"", mtime=0) * 1000 + gzip.compress(PLAIN)]) == PLAIN
    assert max(given) <= 4096


@pytest.mark.parametrize("flag", [0x20, 0x40, 0x80])
def test_flags_that_nobody_has_given_a_meaning_are_refused(flag: int) -> None:
    with pytest.raises(DecompressError, match="of an unknown kind"):
        whole([member(PLAIN, flag)])


def test_zlib_data_is_no_gzip_and_passes_as_it_is() -> None:
    stored = zlib.compress(PLAIN)
    assert whole([stored]) == stored


def test_a_header_that_fails_its_own_checksum_is_refused() -> None:
    stored = bytearray(member(PLAIN, FNAME | FHCRC))
    stored[11] ^= 1
    with pytest.raises(DecompressError, match="header"):
        whole([bytes(stored)])

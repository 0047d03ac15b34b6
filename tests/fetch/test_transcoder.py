"""The kernel transcodes as Python's codecs do, or declines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.errors import DecodeError
from spreports.fetch.decode import decode
from spreports.fetch.kernel.transcoder import transcoder_of

pytestmark = pytest.mark.usefixtures("by_kernel")

SINGLE = ["cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1256"]


@pytest.mark.parametrize("charset", SINGLE)
@given(chunk=st.binary(max_size=80))
def test_bytes_read_as_the_codec_reads_them(charset: str, chunk: bytes) -> None:
    transcoder = transcoder_of(charset)
    assert transcoder is not None
    try:
        expected = chunk.decode(charset).encode()
    except UnicodeDecodeError:
        assert transcoder.utf8(chunk) is None
    else:
        assert transcoder.utf8(chunk) == expected


@pytest.mark.parametrize("charset", SINGLE)
def test_every_letter_at_every_place_of_a_vector(charset: str) -> None:
    transcoder = transcoder_of(charset)
    assert transcoder is not None
    for number in range(256):
        letter = bytes([number]).decode(charset, "ignore").encode()
        for before in (0, 1, 15, 16, 17, 33):
            chunk = b"a" * before + bytes([number]) + b"b" * 16
            expected = b"a" * before + letter + b"b" * 16 if letter else None
            assert transcoder.utf8(chunk) == expected


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "cp932", "euc-jp", "gb18030"])
def test_letters_of_several_bytes_are_left_to_their_codec(charset: str) -> None:
    assert transcoder_of(charset) is None


def test_a_byte_of_no_letter_is_an_error_with_its_place() -> None:
    chunks = [b"a\xe9" * 40, b"b" * 20 + b"\x81" + b"c"]

    with pytest.raises(DecodeError, match="byte 100 ") as caught:
        list(decode(chunks, "cp1252"))

    assert caught.value.offset == 100


def test_a_chunk_that_is_longer_than_the_ones_before_has_room() -> None:
    transcoder = transcoder_of("cp1252")
    assert transcoder is not None
    for size in (1, 100_000, 5, 3_000_000):
        assert transcoder.utf8(b"\x80" * size) == "€".encode() * size

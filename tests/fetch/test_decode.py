"""Any charset becomes UTF-8, strictly, wherever the chunks are cut."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.errors import DecodeError
from spreports.fetch.charsets import allowed_charset, declared_charset, told_charset
from spreports.fetch.decode import decode
from spreports.fetch.untold_charset import tried_charset

TEXT = 'sku\tタイトル\n0001\t„Größe“ 1/2" €\n'
CHARSETS = ["utf-8", "cp1252", "cp932", "utf-16", "utf-16-le", "gb18030", "euc-jp"]


def pieces(plain: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(plain) + 1) for cut in cuts), len(plain)]
    return [plain[a:b] for a, b in pairwise(places)]


def outcome(chunks: list[bytes], charset: str) -> bytes | int | None:
    try:
        return b"".join(decode(chunks, charset))
    except DecodeError as exc:
        return exc.offset


@given(
    st.sampled_from(CHARSETS),
    st.text("aé商日 €𝒳ﾊ\t\n", max_size=30),
    st.lists(st.integers(0, 100), max_size=5),
)
def test_cuts_never_matter(charset: str, text: str, cuts: list[int]) -> None:
    plain = text.encode(charset, errors="ignore")
    expected = plain.decode(charset).encode()
    assert b"".join(decode(pieces(plain, cuts), charset)) == expected


@given(
    st.sampled_from(["utf-8", "cp1252", "cp932", "gb18030", "euc-jp"]),
    st.lists(
        st.sampled_from(b"Aa\xe3\x81\x82\xff\xf0\x9f\x98\x80\xc3\xa9"), max_size=9
    ),
    st.lists(st.integers(0, 20), max_size=4),
)
def test_a_bad_byte_is_named_by_its_place(
    charset: str, values: list[int], cuts: list[int]
) -> None:
    plain = bytes(values)
    expected: bytes | int
    try:
        expected = plain.decode(charset).encode()
    except UnicodeDecodeError as exc:
        expected = exc.start
    assert outcome(pieces(plain, cuts), charset) == expected


@pytest.mark.parametrize(
    ("mark", "charset"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")],
)
def test_a_byte_order_mark_is_stripped_once(mark: bytes, charset: str) -> None:
    plain = mark + "a\ufeffb".encode(charset)
    for cut in range(len(plain) + 1):
        chunks = [plain[:cut], plain[cut:]]
        assert b"".join(decode(chunks, charset)) == "a\ufeffb".encode()


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("Cp1252", "cp1252"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("Windows-31J", "cp932"),
        ("MS932", "cp932"),
        ("Shift_JIS", "cp932"),
        ("UTF8", "utf-8"),
        ("unicode_escape", None),
        ("idna", None),
        ("rot13", None),
        ("no-such-charset", None),
    ],
)
def test_charset_names_go_through_a_list_of_our_own(
    label: str, codec: str | None
) -> None:
    assert allowed_charset(label) == codec
    assert declared_charset(f'text/plain; charset="{label}"') == codec
    assert declared_charset(f"text/plain;charset={label}") == codec


def charset(
    plain: bytes,
    *,
    encoding: str | None = None,
    content_type: str | None = None,
    legacy: str | None = None,
) -> str:
    told = told_charset(plain[:16], encoding=encoding, content_type=content_type)
    return told or tried_charset(lambda: (part for part in (plain,)), legacy)


def test_the_order_of_signs() -> None:
    cp932 = TEXT.replace("ö", "o").replace("ß", "s").encode("cp932", "ignore")
    declared = "text/plain; charset=Cp1252"
    assert charset(cp932, encoding="cp932", content_type=declared) == "cp932"
    assert charset(b"\xef\xbb\xbfa", content_type=declared) == "utf-8"
    assert charset(TEXT.encode(), content_type=declared) == "cp1252"
    assert charset(TEXT.encode(), legacy="cp1252") == "utf-8"
    assert charset(cp932, legacy="cp932") == "cp932"
    assert charset(cp932, content_type="text/plain; charset=idna", legacy="cp932") == (
        "cp932"
    )
    assert charset("a".encode("utf-16")) == "utf-16"
    assert charset(b"a\0", content_type="text/plain; charset=UTF-16") == "utf-16-le"


def test_a_late_byte_decides_an_undeclared_charset() -> None:
    plain = b"plain\n" * 100_000 + b"\xe9\n"
    assert charset(plain, legacy="cp1252") == "cp1252"
    with pytest.raises(DecodeError, match="encoding=") as caught:
        charset(plain)
    assert caught.value.offset == 600_000


def test_an_encoding_that_is_not_on_the_list_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        charset(b"a", encoding="unicode_escape")


def test_bytes_that_cp1252_leaves_open_are_an_error() -> None:
    assert outcome([b"ab\x81"], "cp1252") == 2


@pytest.mark.parametrize("charset", ["utf-8", "cp932", "utf-16-le", "gb18030"])
def test_a_character_cut_at_the_end_is_an_error(charset: str) -> None:
    whole = "a\u5546".encode(charset)
    assert outcome([whole[:-1]], charset) == len("a".encode(charset))

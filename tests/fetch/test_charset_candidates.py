"""A file that tells neither charset nor marketplace: the first that fits it whole."""

from __future__ import annotations

import pytest

from spreports.errors import DecodeError
from spreports.fetch.charsets import charset_of

CANDIDATES = ("cp1252", "cp932")


def decided(plain: bytes) -> str:
    return charset_of(
        plain[:100],
        lambda: [plain[:7], plain[7:]],
        encoding=None,
        content_type=None,
        legacy_charset=CANDIDATES,
    )


def test_japanese_text_is_not_taken_for_western() -> None:
    assert (
        decided("商品名\t出品者SKU\nコットンのタオル、青\t007\n".encode("cp932"))
        == "cp932"
    )


def test_western_text_is_western() -> None:
    assert decided("Titel\n12\u201d Größe für Étui €\n".encode("cp1252")) == "cp1252"


def test_utf_8_wins_over_both() -> None:
    assert decided("商品名\nGröße\n".encode()) == "utf-8"


def test_what_fits_neither_is_an_error_with_its_place() -> None:
    with pytest.raises(DecodeError) as caught:
        decided(b"plain\n\x81\xff\n")

    assert caught.value.offset == 6

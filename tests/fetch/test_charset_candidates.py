"""A file that tells neither charset nor marketplace: the first that fits it whole."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from spreports.errors import DecodeError
from spreports.fetch.untold_charset import PROOF, decode_untold, tried_charset

CANDIDATES = ("cp1252", "cp932")


def decided(plain: bytes) -> str:
    return tried_charset(lambda: (part for part in (plain[:7], plain[7:])), CANDIDATES)


def test_japanese_text_is_not_taken_for_western() -> None:
    assert (
        decided("商品名\t出品者SKU\nコットンのタオル、青\t007\n".encode("cp932"))
        == "cp932"
    )


def test_western_text_is_western() -> None:
    assert decided("Titel\n12\u201d Größe für Étui €\n".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize(
    "word", ["コンビニ", "代金引換", "東京都", "表札 1", "ソフト", "iPhone用ケース"]
)
def test_a_few_japanese_words_that_would_fit_western_are_japanese(word: str) -> None:
    assert decided(f"order-id\tpayment\n1\t{word}\n".encode("cp932")) == "cp932"


@pytest.mark.parametrize(
    "text",
    [
        "it\u2019s a dog\u2019s, isn\u2019t it",
        "l\u2019été, d\u2019où",
        "Größe",
        "\u201eSchöne\u201c Grüße \u2013 für 5 \u20ac",
        "¿Qué? ñandú ÑU",
        "ÅÄÖ åäö",
        "100 °C ± 1 µm ²",
        "«Déjà-vu»",
        "SÃO JOÃO",
        "moule brûlée",
        "crème brûlée ½",
        "ÀÉÈ ÂÊÎÔÛ",
    ],
)
def test_western_words_that_would_fit_japanese_are_western(text: str) -> None:
    assert decided(f"order-id\tname\n1\t{text}\n".encode("cp1252")) == "cp1252"


def test_utf_8_wins_over_both() -> None:
    assert decided("商品名\nGröße\n".encode()) == "utf-8"


def test_what_fits_neither_is_an_error_with_its_place() -> None:
    with pytest.raises(DecodeError) as caught:
        decided(b"plain\n\x81\xff\n")

    assert caught.value.offset == 6


@pytest.mark.parametrize(
    ("text", "charset"),
    [("Größe für Étui €\n", "cp1252"), ("コットンのタオル、青\n", "cp932")],
)
def test_much_that_fits_one_alone_is_proof_and_the_rest_is_not_read(
    text: str, charset: str
) -> None:
    read: list[bytes] = []

    def opened() -> Generator[bytes, None, None]:
        for part in (text.encode(charset) * PROOF, b"\x81\xff\n"):
            read.append(part)
            yield part

    assert tried_charset(opened, CANDIDATES) == charset
    assert b"\x81\xff\n" not in read


def test_a_fault_behind_much_of_one_charset_has_its_place() -> None:
    much = "Größe für Étui €\n".encode("cp1252") * PROOF

    def opened() -> Generator[bytes, None, None]:
        yield from (much, b"\x81\n")

    text = decode_untold(opened(), lambda: tried_charset(opened, CANDIDATES))
    with pytest.raises(DecodeError) as caught:
        list(text)

    assert caught.value.offset == len(much)

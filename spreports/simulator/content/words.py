"""Made-up articles, people and places, with the characters that break parsers."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the made-up seller.

    Attributes
    ----------
    title, sku, asin : str
    cents : int
        Price in hundredths of the currency.
    """

    title: str
    sku: str
    asin: str
    cents: int


# ruff: noqa: RUF001  the very characters that parsers trip over

# Raw quotes, inches, typographic marks of cp1252, umlauts: never a tab or a line break
ENGLISH = (
    'Desk Lamp 12" Swivel Arm',
    'Monitor Arm for 27" "Ultra" Screens',
    "Notebook A5 – 120 Sheets",
    "Café Mug 350 ml, Set of 4",
    "O'Hara Wool Scarf",
    "Cable Box ™ Oak",
    'Picture Frame 8" x 10"',
    "Garden Twine, 2 × 50 m",
)
GERMAN = (
    'Schreibtischlampe 12" drehbar',
    "Bücherregal „Fjäll“ Eiche",
    "Frühstücksbrett Größe L",
    'Bildschirmarm für 27" "Ultra"',
    "Öl-Flasche 0,5 l – grün",
    "Wolldecke 150×200 cm, weiß",
)
FRENCH = (
    "Théière en fonte 1,2 l",
    'Lampe de bureau 12" orientable',
    "Carnet « Été » A5",
    "Boîte à câbles – chêne",
    "Nœud papillon, bleu",
)
# Characters that cp932 has and shift_jis has not: NEC and IBM extensions
JAPANESE = (
    'デスクランプ 12" 昇降式',
    "ノート A5 ①②③ セット",
    "髙級タオル ㈱さくら",
    "ﾊﾝｶｸ ケーブルボックス",
    "湯のみ ～ 350ml",
    "木製フォトフレーム №5",
)
BY_COUNTRY = {
    "DE": GERMAN,
    "FR": FRENCH,
    "BE": FRENCH,
    "JP": JAPANESE,
}
COLOURS = ("black", "white", "oak", "blue", "green", "grey")

CITIES = {
    "US": (
        ("Boston", "MA", "02108"),
        ("Newark", "NJ", "07102"),
        ("Austin", "TX", "73301"),
    ),
    "CA": (("Montréal", "QC", "H2X 1Y4"), ("Toronto", "ON", "M5V 2T6")),
    "DE": (
        ("Dresden", "Sachsen", "01067"),
        ("München", "", "80331"),
        ("Köln", "", "50667"),
    ),
    "FR": (
        ("Bourg-en-Bresse", "", "01000"),
        ("Orléans", "", "45000"),
        ("Nîmes", "", "30000"),
    ),
    "GB": (("Leeds", "", "LS1 4AP"), ("London", "", "E1 6AN")),
    "ES": (("Álava", "", "01001"), ("Málaga", "", "29001")),
    "IT": (("Roma", "RM", "00118"), ("Forlì", "FC", "47121")),
    "JP": (("札幌市", "北海道", "060-0001"), ("大阪市", "大阪府", "530-0001")),
}
ELSEWHERE = (("Springfield", "", "00501"), ("Riverside", "", "01234"))
NAMES = ("Ada Sample", "Ben O'Test", "Chloé Exemple", "Dörte Muster", "Eve Placeholder")
JAPANESE_NAMES = ("見本 太郎", "試験 花子", "髙橋 例")


def article(source: random.Random, country: str, number: int) -> Article:
    """Return an article sold in a country.

    Parameters
    ----------
    source : random.Random
    country : str
    number : int
        Makes its sku and asin different from others'; every third sku begins with
        zeros.
    """
    titles = BY_COUNTRY.get(country, ENGLISH)
    title = f"{source.choice(titles)} ({source.choice(COLOURS)})"
    digits = f"{number:07d}"
    sku = digits if number % 3 == 0 else f"SKU-{country}-{digits}"
    return Article(title, sku, f"B0{number:08d}", source.randrange(199, 19_999))


def city(source: random.Random, country: str) -> tuple[str, str, str]:
    """Return a city, its state and its postal code."""
    return source.choice(CITIES.get(country, ELSEWHERE))


def person(source: random.Random, country: str) -> str:
    """Return a name that is nobody's."""
    return source.choice(JAPANESE_NAMES if country == "JP" else NAMES)

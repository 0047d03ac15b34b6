"""The 23 marketplaces and the three regions that serve them.

A marketplace decides the region, and one client serves one region.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "MARKETPLACES",
    "REGIONS",
    "TOKEN_URL",
    "Marketplace",
    "Region",
    "as_told",
    "find_region",
    "region_of",
    "resolve",
]

TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address, no secret
ID_LIKE = re.compile(r"[A-Z0-9]{10,16}")


@dataclass(frozen=True, slots=True)
class Region:
    """One of Amazon's three API regions.

    Attributes
    ----------
    name : str
        ``"na"``, ``"eu"`` or ``"fe"``.
    endpoint : str
        Origin of the API.
    token_url : str
        Where Login with Amazon gives access tokens.

    Source: SP-API endpoints.
    """

    name: str
    endpoint: str
    token_url: str = TOKEN_URL


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace; only the id is known of one that Amazon has added since.

    Attributes
    ----------
    id : str
    country_code : str or None
        ISO 3166-1 alpha-2: the United Kingdom is ``"GB"``.
    name : str or None
    region : Region or None
    language : str or None
        Default language, such as ``"de_DE"``.
    currency : str or None
        ISO 4217.
    legacy_charset : str or None
        Python's name of the charset in which older flat files are written here; None
        where no such file has been reported.
    site : str or None

    Source: SP-API marketplace ids; charsets as Amazon's documents name them.
    """

    id: str
    country_code: str | None = None
    name: str | None = None
    region: Region | None = None
    language: str | None = None
    currency: str | None = None
    legacy_charset: str | None = None
    site: str | None = None


NA = Region("na", "https://sellingpartnerapi-na.amazon.com")
EU = Region("eu", "https://sellingpartnerapi-eu.amazon.com")
FE = Region("fe", "https://sellingpartnerapi-fe.amazon.com")
REGIONS: tuple[Region, ...] = (NA, EU, FE)

# id, country, name, region, language, currency, legacy charset, site
# fmt: off
MARKETPLACES: tuple[Marketplace, ...] = tuple(Marketplace(*row) for row in (
    ("ATVPDKIKX0DER", "US", "United States", NA, "en_US", "USD", "cp1252",
     "Amazon.com"),
    ("A2EUQ1WTGCTBG2", "CA", "Canada", NA, "en_CA", "CAD", "cp1252", "Amazon.ca"),
    ("A1AM78C64UM0Y8", "MX", "Mexico", NA, "es_MX", "MXN", "cp1252", "Amazon.com.mx"),
    ("A2Q3Y263D00KWC", "BR", "Brazil", NA, "pt_BR", "BRL", "cp1252", "Amazon.com.br"),
    ("A28R8C7NBKEWEA", "IE", "Ireland", EU, "en_IE", "EUR", "cp1252", "Amazon.ie"),
    ("A1RKKUPIHCS9HS", "ES", "Spain", EU, "es_ES", "EUR", "cp1252", "Amazon.es"),
    ("A1F83G8C2ARO7P", "GB", "United Kingdom", EU, "en_GB", "GBP", "cp1252",
     "Amazon.co.uk"),
    ("A13V1IB3VIYZZH", "FR", "France", EU, "fr_FR", "EUR", "cp1252", "Amazon.fr"),
    ("AMEN7PMS3EDWL", "BE", "Belgium", EU, "fr_BE", "EUR", "cp1252", "Amazon.com.be"),
    ("A1805IZSGTT6HS", "NL", "Netherlands", EU, "nl_NL", "EUR", "cp1252", "Amazon.nl"),
    ("A1PA6795UKMFR9", "DE", "Germany", EU, "de_DE", "EUR", "cp1252", "Amazon.de"),
    ("APJ6JRA9NG5V4", "IT", "Italy", EU, "it_IT", "EUR", "cp1252", "Amazon.it"),
    ("A2NODRKZP88ZB9", "SE", "Sweden", EU, "sv_SE", "SEK", "cp1252", "Amazon.se"),
    ("AE08WJ6YKNBMC", "ZA", "South Africa", EU, None, "ZAR", "cp1252", "Amazon.co.za"),
    ("A1C3SOZRARQ6R3", "PL", "Poland", EU, "pl_PL", "PLN", None, "Amazon.pl"),
    ("ARBP9OOSHTCHU", "EG", "Egypt", EU, "ar_EG", "EGP", None, "Amazon.eg"),
    ("A33AVAJ2PDY3EV", "TR", "Turkey", EU, "tr_TR", "TRY", None, "Amazon.com.tr"),
    ("A17E79C6D8DWNP", "SA", "Saudi Arabia", EU, "ar_SA", "SAR", None, "Amazon.sa"),
    ("A2VIGQ35RCS4UG", "AE", "United Arab Emirates", EU, "ar_AE", "AED", None,
     "Amazon.ae"),
    ("A21TJRUUN4KGV", "IN", "India", EU, "en_IN", "INR", None, "Amazon.in"),
    ("A19VAU5U5O7RUS", "SG", "Singapore", FE, "en_SG", "SGD", None, "Amazon.sg"),
    ("A39IBJ37TRP1C6", "AU", "Australia", FE, "en_AU", "AUD", None, "Amazon.com.au"),
    ("A1VC38T7YXB528", "JP", "Japan", FE, "ja_JP", "JPY", "cp932", "Amazon.co.jp"),
))
# fmt: on


def resolve(marketplace: str | Marketplace) -> Marketplace:
    """Find a marketplace by country code, id or site.

    Parameters
    ----------
    marketplace : str or Marketplace
        ``"DE"``, ``"UK"`` or ``"GB"``, ``"A1PA6795UKMFR9"``, ``"Amazon.de"``; codes and
        sites in any case. An id of Amazon's form that is not in the table is taken as a
        newer marketplace, whose region is then unknown.

    Returns
    -------
    Marketplace

    Raises
    ------
    ValueError
        No such marketplace; the message lists the codes.
    TypeError
        Neither a string nor a marketplace.

    Source: SP-API marketplace ids.
    """
    if isinstance(marketplace, Marketplace):
        return marketplace
    if not isinstance(marketplace, str):
        raise TypeError(
            f"marketplace {marketplace!r} is no string: give a country code such as "
            "'DE', or a marketplace id"
        )
    wanted = marketplace.strip()
    code = "GB" if wanted.upper() == "UK" else wanted.upper()
    for known in MARKETPLACES:
        site = (known.site or "").upper()
        if code in (known.id, known.country_code, site, site.removeprefix("AMAZON")):
            return known
    if ID_LIKE.fullmatch(wanted):
        return Marketplace(wanted)
    codes = ", ".join(sorted(known.country_code or "" for known in MARKETPLACES))
    raise ValueError(
        f"unknown marketplace {marketplace!r}: give one of {codes} (UK is GB), "
        "or a marketplace id such as 'A1PA6795UKMFR9'"
    )


def as_told(marketplace_id: str) -> Marketplace:
    """Return the marketplace that an answer of Amazon's names, which is never refused.

    Parameters
    ----------
    marketplace_id : str
        Any text: settlements also tell of places such as ``"Non-Amazon DE"``.

    Returns
    -------
    Marketplace
        As `resolve`; of one that is not in the table the text alone.
    """
    try:
        return resolve(marketplace_id)
    except ValueError:
        return Marketplace(marketplace_id)


def find_region(name: str | Region) -> Region:
    """Find a region by its name.

    Parameters
    ----------
    name : str or Region
        ``"na"``, ``"eu"`` or ``"fe"``, in any case.

    Returns
    -------
    Region

    Raises
    ------
    ValueError
        No such region.
    """
    if isinstance(name, Region):
        return name
    for region in REGIONS:
        if region.name == name.strip().lower():
            return region
    raise ValueError(
        f"unknown region {name!r}: give 'na' (Americas), 'eu' (Europe, Middle East, "
        "Africa, India) or 'fe' (Japan, Australia, Singapore)"
    )


def region_of(marketplaces: Iterable[str | Marketplace]) -> Region | None:
    """Return the region that serves all of the marketplaces.

    Parameters
    ----------
    marketplaces : iterable of str or Marketplace
        As `resolve` takes them.

    Returns
    -------
    Region or None
        None where none of them is in the table.

    Raises
    ------
    ValueError
        They lie in different regions: the message says which client takes which. Or
        one of them is unknown.
    """
    shares: dict[Region, list[str]] = {}
    for marketplace in map(resolve, marketplaces):
        if marketplace.region is not None:
            label = marketplace.country_code or marketplace.id
            shares.setdefault(marketplace.region, []).append(label)
    if len(shares) > 1:
        split = "; ".join(
            f"region={region.name!r} for {', '.join(dict.fromkeys(labels))}"
            for region, labels in shares.items()
        )
        raise ValueError(
            "marketplaces of different regions cannot share one call: "
            f"use one client per region, {split}"
        )
    return next(iter(shares), None)

"""Marketplaces as the simulator needs them: site, currency, charset of old flat files.

Source: developer-docs.amazon.com/sp-api, marketplace ids.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace.

    Attributes
    ----------
    country, marketplace_id : str
    region : str
        ``"na"``, ``"eu"`` or ``"fe"``.
    site, currency : str
        As flat files name them.
    charset : str
        Java's name of the charset of listing reports, as Content-Type carries it.
    """

    country: str
    marketplace_id: str
    region: str
    site: str
    currency: str
    charset: str = "UTF-8"


_ALL = (
    Marketplace("US", "ATVPDKIKX0DER", "na", "Amazon.com", "USD", "Cp1252"),
    Marketplace("CA", "A2EUQ1WTGCTBG2", "na", "Amazon.ca", "CAD", "Cp1252"),
    Marketplace("MX", "A1AM78C64UM0Y8", "na", "Amazon.com.mx", "MXN", "Cp1252"),
    Marketplace("BR", "A2Q3Y263D00KWC", "na", "Amazon.com.br", "BRL", "Cp1252"),
    Marketplace("IE", "A28R8C7NBKEWEA", "eu", "Amazon.ie", "EUR", "Cp1252"),
    Marketplace("ES", "A1RKKUPIHCS9HS", "eu", "Amazon.es", "EUR", "Cp1252"),
    Marketplace("GB", "A1F83G8C2ARO7P", "eu", "Amazon.co.uk", "GBP", "Cp1252"),
    Marketplace("FR", "A13V1IB3VIYZZH", "eu", "Amazon.fr", "EUR", "Cp1252"),
    Marketplace("BE", "AMEN7PMS3EDWL", "eu", "Amazon.com.be", "EUR", "Cp1252"),
    Marketplace("NL", "A1805IZSGTT6HS", "eu", "Amazon.nl", "EUR", "Cp1252"),
    Marketplace("DE", "A1PA6795UKMFR9", "eu", "Amazon.de", "EUR", "Cp1252"),
    Marketplace("IT", "APJ6JRA9NG5V4", "eu", "Amazon.it", "EUR", "Cp1252"),
    Marketplace("SE", "A2NODRKZP88ZB9", "eu", "Amazon.se", "SEK", "Cp1252"),
    Marketplace("ZA", "AE08WJ6YKNBMC", "eu", "Amazon.co.za", "ZAR", "Cp1252"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "eu", "Amazon.pl", "PLN"),
    Marketplace("EG", "ARBP9OOSHTCHU", "eu", "Amazon.eg", "EGP"),
    Marketplace("TR", "A33AVAJ2PDY3EV", "eu", "Amazon.com.tr", "TRY"),
    Marketplace("SA", "A17E79C6D8DWNP", "eu", "Amazon.sa", "SAR"),
    Marketplace("AE", "A2VIGQ35RCS4UG", "eu", "Amazon.ae", "AED"),
    Marketplace("IN", "A21TJRUUN4KGV", "eu", "Amazon.in", "INR"),
    Marketplace("SG", "A19VAU5U5O7RUS", "fe", "Amazon.sg", "SGD"),
    Marketplace("AU", "A39IBJ37TRP1C6", "fe", "Amazon.com.au", "AUD"),
    Marketplace("JP", "A1VC38T7YXB528", "fe", "Amazon.co.jp", "JPY", "Windows-31J"),
)
MARKETPLACES = {place.marketplace_id: place for place in _ALL}
BY_COUNTRY = {place.country: place for place in _ALL}
# Python's names of the charsets that Amazon calls by Java's
CODECS = {"UTF-8": "utf-8", "Cp1252": "cp1252", "Windows-31J": "cp932"}


def resolve(name: str) -> Marketplace:
    """Return a marketplace by its country code or its id.

    Raises
    ------
    ValueError
        There is none.
    """
    place = BY_COUNTRY.get(name) or MARKETPLACES.get(name)
    if place is None:
        raise ValueError(f"no marketplace {name!r}: a country code or an id")
    return place

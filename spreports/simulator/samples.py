"""The small documents of data/samples, served in place of generated ones."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spreports.simulator.content import Content
from spreports.simulator.documents import READ
from spreports.simulator.marketplaces import BY_COUNTRY, Marketplace
from spreports.simulator.report_types import (
    INVENTORY,
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    SHIPPING,
)

STEMS = {
    "orders": ORDERS,
    "listings": LISTINGS,
    "inventory": INVENTORY,
    "settlement": SETTLEMENT,
    "orders_shipping": SHIPPING,
}
# Orders are UTF-8 everywhere and settlements name no charset; the rest follows the site
UTF8 = frozenset({ORDERS})
UNNAMED = frozenset({SETTLEMENT})
# In a wheel beside this file, in a checkout at its root
FOLDERS = (
    Path(__file__).parent / "samples",
    Path(__file__).parents[2] / "data" / "samples",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored document: ``<stem>_<country>.txt``, or the same with ``.gz``."""

    path: Path
    report_type: str
    country: str

    @property
    def compressed(self) -> bool:
        """Whether it is stored as gzip."""
        return self.path.suffix == ".gz"

    def content(self) -> Content:
        """Return what it holds, with the Content-Type of its type and site."""
        charset = BY_COUNTRY[self.country].charset
        if self.report_type in UTF8:
            charset = "UTF-8"
        named = "" if self.report_type in UNNAMED else f";charset={charset}"
        return Content(f"text/plain{named}", self._blocks)

    def _blocks(self) -> Iterator[bytes]:
        with gzip.open(self.path) if self.compressed else self.path.open("rb") as file:
            while block := file.read(READ):
                yield block


class Samples:
    """The samples of a folder.

    Parameters
    ----------
    folder : Path or None
        None takes the packaged ones.

    Raises
    ------
    ValueError
        There is no such folder, or nothing in it is a sample.
    """

    def __init__(self, folder: Path | None = None) -> None:
        places = (folder,) if folder is not None else FOLDERS
        found = [place for place in places if place.is_dir()]
        if not found:
            raise ValueError(f"no folder of samples at {places[0]}")
        self._samples = sorted(
            (sample for path in found[0].iterdir() if (sample := _read_name(path))),
            key=lambda sample: sample.path.name,
        )
        if not self._samples:
            raise ValueError(
                f"no sample in {found[0]}: <name>_<country>.txt or .txt.gz"
            )

    def find(self, report_type: str, marketplace: Marketplace) -> Sample | None:
        """Return the sample of a type: its marketplace's, else any."""
        of_type = [each for each in self._samples if each.report_type == report_type]
        for sample in of_type:
            if sample.country == marketplace.country:
                return sample
        return of_type[0] if of_type else None


def _read_name(path: Path) -> Sample | None:
    """Return the sample that a file's name announces, if it announces one."""
    stem, mark, rest = path.name.partition(".")
    name, _, country = stem.rpartition("_")
    if not mark or rest not in {"txt", "txt.gz"} or country not in BY_COUNTRY:
        return None
    report_type = STEMS.get(name)
    return None if report_type is None else Sample(path, report_type, country)

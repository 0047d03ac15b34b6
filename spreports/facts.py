"""What is known, for people: all report types, one entry, one marketplace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.api.marketplaces import Marketplace, resolve
from spreports.catalog import Catalogue, ReportType, default_catalogue
from spreports.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["marketplace", "read_catalogue", "report_type", "report_types"]


def read_catalogue(environment: Mapping[str, str]) -> Catalogue:
    """Return the catalogue, with the user's own entries on top.

    Parameters
    ----------
    environment : mapping of str to str
        ``SPREPORTS_CATALOGUE`` names a TOML file, or a folder of them.

    Returns
    -------
    Catalogue

    Raises
    ------
    ConfigError
        The file or folder cannot be read, or an entry does not keep to the form.
    """
    catalogue = default_catalogue()
    place = environment.get("SPREPORTS_CATALOGUE")
    if not place:
        return catalogue
    path = Path(os.path.expanduser(place))  # noqa: PTH111 - it has no error
    is_folder = os.path.isdir(path)  # noqa: PTH112 - as above
    files = sorted(path.glob("*.toml")) if is_folder else [path]
    if not files:
        raise ConfigError(f"SPREPORTS_CATALOGUE={path} has no .toml file")
    try:
        for file in files:
            catalogue = catalogue.with_file(file)
    except ConfigError as exc:
        raise ConfigError(f"SPREPORTS_CATALOGUE: {exc}") from exc
    return catalogue


def report_types() -> pl.DataFrame:
    """Return what is known of every report type.

    Returns
    -------
    polars.DataFrame
        One row for each report type, with alias, family, title, format and limits.

    Raises
    ------
    ConfigError
        See `read_catalogue`.
    """
    import polars as pl  # noqa: PLC0415 - heavy, and only when a frame is shown

    rows = read_catalogue(os.environ).rows()
    return pl.DataFrame(rows, infer_schema_length=None)


def report_type(name: str) -> ReportType:
    """Return one entry of the catalogue.

    Parameters
    ----------
    name : str
        Alias or full type.

    Returns
    -------
    ReportType
        Plain values; ``dataclasses.replace`` gives one of your own, which is taken
        wherever a report type is named.

    Raises
    ------
    ValueError
        No such alias; the message suggests the nearest ones.
    TypeError
        `name` is no string.
    ConfigError
        See `read_catalogue`.
    """
    return read_catalogue(os.environ).lookup(name)


def marketplace(name: str) -> Marketplace:
    """Return one of Amazon's marketplaces.

    Parameters
    ----------
    name : str
        Country code (``"DE"``, ``"UK"`` or ``"GB"``) or marketplace id.

    Returns
    -------
    Marketplace

    Raises
    ------
    ValueError
        No such marketplace; the message lists them.
    TypeError
        `name` is no string.
    """
    return resolve(name)

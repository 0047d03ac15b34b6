"""Find a report type by its alias or by Amazon's value.

``index.csv`` says which file holds which type; a look-up parses that one file, and
keeps it. Own entries go on top of a catalogue and give a new one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from spreports.catalog.entry import ReportType
from spreports.catalog.files import parse_entry
from spreports.catalog.suggest import suggestion
from spreports.catalog.summary import summary
from spreports.errors import ConfigError

__all__ = ["Catalogue", "default_catalogue", "entries", "lookup"]

_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,200}")
# Amazon's values: capitals, digits and underscores.
_FULL: Final = re.compile(r"[A-Z][A-Z0-9_]{0,199}")


class _Line(NamedTuple):
    """One line of the index."""

    alias: str
    report_type: str
    family: str
    file: str


def _folder() -> Traversable:
    return files(__package__)


@lru_cache(maxsize=1)
def _index() -> Mapping[str, _Line]:
    """Return the index by report type, sorted by family and report type."""
    text = _folder().joinpath("index.csv").read_text(encoding="utf-8")
    lines = (_Line(**line) for line in csv.DictReader(text.splitlines()))
    return MappingProxyType({line.report_type: line for line in lines})


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, str]:
    """Return the report types by alias."""
    lines = _index().values()
    return MappingProxyType(
        {line.alias: line.report_type for line in lines if line.alias}
    )


def _read_text(file: str) -> str:
    return _folder().joinpath("types", *file.split("/")).read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _ours(report_type: str) -> ReportType:
    """Parse one file of the package."""
    file = _index()[report_type].file
    return parse_entry(_read_text(file), file)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The report types of this package, with own ones on top.

    Immutable: ``with_entry`` and ``with_file`` return a new catalogue.

    Parameters
    ----------
    own : mapping of str to ReportType
        By report type; each takes the place of ours.

    Examples
    --------
    >>> default_catalogue().lookup("orders").report_type
    'GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL'
    """

    own: Mapping[str, ReportType] = field(default_factory=dict, hash=False)

    def lookup(self, name: str) -> ReportType:
        """Return a report type by its alias or its full name.

        Parameters
        ----------
        name : str
            An alias such as ``"orders"``, or Amazon's value; case does not matter
            for those that are known.

        Returns
        -------
        ReportType
            With ``known=False`` for a name in Amazon's form that no entry has: new
            report types work, sniffed and untyped.

        Raises
        ------
        ValueError
            Not a name, or an unknown alias; the message names near ones.
        TypeError
            No string.
        """
        if not isinstance(name, str):  # type: ignore[redundant-expr, unused-ignore] # types may lie
            raise TypeError(
                f"report type {name!r} is no string: give an alias such as 'orders', "
                "or Amazon's value"
            )
        if not _NAME.fullmatch(name):
            hint = suggestion(name, tuple(self.aliases())) if name else ""
            msg = f"{name!r} is not a report type: 1 to 200 letters, digits and _{hint}"
            raise ValueError(msg)
        aliases = self.aliases()
        full = aliases.get(name.casefold(), name.upper())
        if full in self.own:
            return self.own[full]
        if full in _index():
            return _ours(full)
        if _FULL.fullmatch(name):
            return ReportType(report_type=name, known=False)
        hint = suggestion(name, (*aliases, *_index()))
        msg = (
            f"unknown report type {name!r}{hint} "
            "(full names such as GET_MERCHANT_LISTINGS_ALL_DATA work as well)"
        )
        raise ValueError(msg)

    def aliases(self) -> Mapping[str, str]:
        """Return the report types by alias, without parsing a file.

        Returns
        -------
        mapping of str to str
            Alias to report type: in the order of the entries, own ones last.
        """
        if not self.own:
            return _aliases()
        kept = {a: full for a, full in _aliases().items() if full not in self.own}
        ours = {e.alias: full for full, e in self.own.items() if e.alias}
        return {**kept, **ours}

    def entries(self) -> tuple[ReportType, ...]:
        """Return every known report type.

        Returns
        -------
        tuple of ReportType
            Sorted by family and report type.
        """
        known = {full: self.own.get(full) or _ours(full) for full in _index()}
        known.update(self.own)
        return tuple(
            sorted(known.values(), key=lambda entry: (entry.family, entry.report_type))
        )

    def rows(self) -> list[dict[str, object]]:
        """Return one summary of plain values for each report type.

        Returns
        -------
        list of dict
            The same keys in each, in the order of ``entries``.
        """
        return [summary(entry) for entry in self.entries()]

    def with_entry(self, entry: ReportType) -> Catalogue:
        """Return a catalogue with this entry added, or in the place of its namesake.

        Parameters
        ----------
        entry : ReportType

        Returns
        -------
        Catalogue

        Raises
        ------
        ValueError
            Its report type or alias is no name, or the alias is another type's.
        """
        if not _FULL.fullmatch(entry.report_type):
            msg = f"{entry.report_type!r} is not in the form of a report type"
            raise ValueError(msg)
        alias = entry.alias
        if alias is not None:
            if alias != alias.casefold() or not _NAME.fullmatch(alias):
                msg = f"alias {alias!r}: use lower-case letters, digits and _"
                raise ValueError(msg)
            holder = self.aliases().get(alias, entry.report_type)
            if holder != entry.report_type:
                msg = f"alias {alias!r} is {holder}'s: choose another"
                raise ValueError(msg)
        own = {**self.own, entry.report_type: entry}
        return Catalogue(own)

    def with_file(self, path: str | Path) -> Catalogue:
        """Return a catalogue with the report type of a TOML file added.

        Parameters
        ----------
        path : str or Path
            A file of the form of those in ``spreports/catalog/types``. With the key
            ``extends`` it changes only what it states of the type it names.

        Returns
        -------
        Catalogue

        Raises
        ------
        ConfigError
            The file cannot be read, or does not keep to the form.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as exc:
            msg = f"report type file {path} cannot be read: {exc}"
            raise ConfigError(msg) from exc
        entry = parse_entry(text, str(path), find=self.lookup)
        try:
            return self.with_entry(entry)
        except ValueError as exc:
            msg = f"report type file {path}: {exc}"
            raise ConfigError(msg) from exc


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """Return the catalogue of this package.

    Returns
    -------
    Catalogue
    """
    return Catalogue()


def lookup(name: str) -> ReportType:
    """Return a report type of this package; see ``Catalogue.lookup``.

    Parameters
    ----------
    name : str

    Returns
    -------
    ReportType

    Raises
    ------
    ValueError
        Not a name, or an unknown alias.
    """
    return default_catalogue().lookup(name)


def entries() -> tuple[ReportType, ...]:
    """Return every report type of this package, sorted by family and name.

    Returns
    -------
    tuple of ReportType
    """
    return default_catalogue().entries()

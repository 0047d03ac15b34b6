"""Read one report type from the TOML form in which the catalogue is kept.

Strict: an unknown key, a wrong kind of value or a word outside its list is a
ConfigError that names the file and the key, so that a slip in a user's own file shows
at once and not as a column of the wrong type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from spreports.catalog import toml_values as values
from spreports.catalog.entry import Column, Option, ReportType, Table
from spreports.catalog.words import DATE_FORMATS, DTYPES, FORMATS, PERIODS

__all__ = ["parse_entry"]

# A file with this key changes only what it states of the entry it names.
EXTENDS: Final = "extends"

_TEXT: Final = ("report_type", "alias", "family", "title", "format", "charset")
_FLAGS: Final = (
    "quoting",
    "doubled_quotes",
    "pad_short_rows",
    "rows_in_quotes",
    "sentences_first",
    "local_decimals",
    "space_is_empty",
    "summary_row",
    "positional",
    "restricted",
    "requestable",
    "schedulable",
    "deprecated",
    "whole_days",
    "dates_required",
    "history_reported",
)
_MAPPINGS: Final = (
    "max_periods",
    "history_periods",
    "header_aliases",
    "marketplace_formats",
)
_COUNTS: Final = (
    "cooldown_seconds",
    "hold_back_days",
    "restated_days",
    "history_days",
)
# Windows are cut to these lengths: with one of none that would never end
_LENGTHS: Final = ("max_window_days", "window_days")


_COUNTRY: Final = re.compile(r"[A-Z]{2}|[A-Z0-9]{10,16}")


def _period(value: object, place: values.Place) -> str:
    word = values.text(value, place)
    if word.startswith("option:") and word != "option:":
        return word
    return values.one_of((*PERIODS, "none"))(word, place)


def _country(key: str, place: values.Place) -> str:
    """Read a marketplace's country code as it is looked up, or an unknown one's id."""
    if key == "UK":
        raise place.error("is 'GB' here")
    if not _COUNTRY.fullmatch(key):
        raise place.error("is no country code such as 'DE'")
    return key


_COLUMN: Final[Mapping[str, values.Reader]] = {
    "name": values.name,
    "dtype": values.one_of(DTYPES),
    "formats": values.list_of(values.one_of(DATE_FORMATS)),
    "stands_for": values.mapping_of(values.text),
    "optional": values.flag,
    "nullable": values.flag,
    "key": values.flag,
    "note": values.text,
}
_OPTION: Final[Mapping[str, values.Reader]] = {
    "name": values.name,
    "values": values.list_of(values.name),
    "required": values.flag,
    "default": values.name,
    "separator": values.name,
    "note": values.text,
}


def _column(value: object, place: values.Place) -> Column:
    read = values.record(value, place, _COLUMN)
    values.need(read, "name", place)
    column = Column(**read)
    if column.formats and column.dtype not in {"date", "timestamp"}:
        raise (place / "formats").error(f"does not go with dtype {column.dtype!r}")
    if column.stands_for and column.dtype == "string":
        raise (place / "stands_for").error("does not go with dtype 'string'")
    return column


def _option(value: object, place: values.Place) -> Option:
    read = values.record(value, place, _OPTION)
    values.need(read, "name", place)
    return Option(**read)


_TABLE: Final[Mapping[str, values.Reader]] = {
    "name": values.name,
    "path": values.text,
    "columns": values.list_of(_column),
}


def _table(value: object, place: values.Place) -> Table:
    read = values.record(value, place, _TABLE)
    values.need(read, "name", place)
    table = Table(**read)
    values.unique((column.name for column in table.columns), place / "columns")
    return table


_ENTRY: Final[Mapping[str, values.Reader]] = {
    EXTENDS: values.name,
    **dict.fromkeys(_TEXT, values.text),
    **dict.fromkeys(_FLAGS, values.flag),
    **dict.fromkeys(_COUNTS, values.count),
    **dict.fromkeys(_LENGTHS, values.count_from(1)),
    "report_type": values.name,
    "alias": values.name,
    "format": values.one_of(FORMATS),
    "charset": values.one_of(("utf-8", "header", "xml-declaration", "binary")),
    "seller_or_vendor": values.one_of(("seller", "vendor", "both")),
    "marketplaces_used": values.one_of(("all", "first", "one", "none")),
    "options": values.list_of(_option),
    "period": _period,
    "max_periods": values.mapping_of(values.count_from(1), values.one_of(PERIODS)),
    "history_periods": values.mapping_of(values.count, values.one_of(PERIODS)),
    "tables": values.list_of(_table),
    "header_aliases": values.mapping_of(values.name),
    "marketplace_formats": values.mapping_of(
        values.list_of(values.one_of(DATE_FORMATS)), _country
    ),
    "note": values.text,
    "source": values.text,
}


def parse_entry(
    text: str, file: str, *, find: Callable[[str], ReportType] | None = None
) -> ReportType:
    """Read one report type.

    Parameters
    ----------
    text : str
        TOML.
    file : str
        Its name, for errors.
    find : callable, optional
        Gives the entry that a file with the key ``extends`` builds on. That file
        changes what it states; its tables, columns and options are added to, or take
        the place of, those of the same name.

    Returns
    -------
    ReportType

    Raises
    ------
    ConfigError
        Not TOML, an unknown key, a value of the wrong kind, or a name twice; the
        message names the file and the key.
    """
    import tomllib  # noqa: PLC0415 - read on first use

    place = values.Place(file)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise place.error(f"is not TOML: {exc}") from exc
    read = values.record(raw, place, _ENTRY)
    for key in ("tables", "options"):
        values.unique((one.name for one in read.get(key, ())), place / key)
    base = _base(read, place, find)
    if base is None:
        values.need(read, "report_type", place)
        return ReportType(**read)
    if "tables" in read:
        read["tables"] = _merge(base.tables, read["tables"], _merge_table)
    if "options" in read:
        read["options"] = _merge(base.options, read["options"], lambda _, new: new)
    for key in _MAPPINGS:
        if key in read:
            read[key] = {**getattr(base, key), **read[key]}
    return replace(base, **read)


def _base(
    read: dict[str, Any], place: values.Place, find: Callable[[str], ReportType] | None
) -> ReportType | None:
    """Return the entry that the file builds on, if it names one."""
    name = read.pop(EXTENDS, None)
    if name is None:
        return None
    if find is None:
        raise (place / EXTENDS).error("has nothing to build on here")
    try:
        base = find(name)
    except ValueError as exc:
        raise (place / EXTENDS).error(str(exc)) from exc
    if not base.known:
        raise (place / EXTENDS).error(f"the catalogue has no {name!r} to build on")
    # A new report type like a known one does not take the known one's short name.
    if read.get("report_type", base.report_type) != base.report_type:
        read.setdefault("alias", None)
    return base


def _merge(
    old: Sequence[Any], new: Sequence[Any], join: Callable[[Any, Any], Any]
) -> tuple[Any, ...]:
    """Put new ones in the place of old ones of the same name, the rest behind."""
    merged = {one.name: one for one in old}
    for one in new:
        known = merged.get(one.name)
        merged[one.name] = one if known is None else join(known, one)
    return tuple(merged.values())


def _merge_table(old: Table, new: Table) -> Table:
    columns = _merge(old.columns, new.columns, lambda _, column: column)
    return replace(old, path=new.path or old.path, columns=columns)

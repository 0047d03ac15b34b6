"""Read a whole column of days or timestamps at once, where all cells have one layout.

What does not is an ``ArrowInvalid``: its cells are then read one by one. Either way a
cell gives the same day or instant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, bare, scalar_of
from spreports.fetch.some_first import some_first
from spreports.fetch.timestamps import (
    ISO,
    formats_tried,
    pattern_fits,
    unnamed_zone,
    written_part,
    zone_offset,
)

__all__ = [
    "Layout",
    "days",
    "in_pythons_years",
    "known_to_python",
    "layouts",
    "timestamps",
]

_INSTANT: Final = pa.timestamp("us", "UTC")
# The first and the last that Python knows: days, and microseconds, since 1970
_DAYS: Final = (bare(date.min), bare(date.max))
_INSTANTS: Final = (
    bare(datetime.min.replace(tzinfo=UTC)),
    bare(datetime.max.replace(tzinfo=UTC)),
)
_ISO_DAY: Final = "%Y-%m-%d"
_ISO_WITH_ZONE: Final = "%Y-%m-%dT%H:%M:%S%Z"
_DAY: Final = ("%Y", "%m", "%d")
_CLOCK: Final = ("%H", "%M", "%S")
# Token to a specimen of its width: digits, or a zone that ends the pattern
_SPECIMEN: Final = {
    "%Y": "1111",
    **dict.fromkeys((*_DAY[1:], *_CLOCK), "11"),
    "%Z": "UTC",
}
_ZONE: Final = "%Z"
_BEYOND: Final = 256  # some cells first take as long as 300 at once, by a layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the parts of a pattern stand, its day and month with their zeros.

    A pattern may have no clock: a day is its midnight then.

    Attributes
    ----------
    places : dict of str to (int, int)
        Token to where its digits begin and end.
    marks : tuple of (int, int, str)
        Where each run of other characters begins and ends.
    width : int
        Characters before the zone, or of the whole.
    zoned : bool
    unnamed : str
        The zone where the pattern names none.
    """

    places: dict[str, tuple[int, int]]
    marks: tuple[tuple[int, int, str], ...]
    width: int
    zoned: bool
    unnamed: str


def timestamps(texts: pa.Array, formats: tuple[str, ...]) -> pa.Array:
    """Return the instants of a column whose cells have one layout.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    formats : tuple of str
        As for `parse_timestamp`.

    Returns
    -------
    pyarrow.Array of timestamp[us, UTC], n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        The cells differ in layout, or some cell fits no format.
    """
    return _in_one_layout(texts, layouts(formats), _instants_in)


def days(texts: pa.Array, formats: tuple[str, ...]) -> pa.Array:
    """Return the days of a column whose cells have one layout.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    formats : tuple of str
        As for `parse_date`.

    Returns
    -------
    pyarrow.Array of date32, n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        The cells differ in layout, or some cell fits no format.
    """
    return _in_one_layout(texts, layouts(formats, days=True), _days_in)


def known_to_python(times: pa.Array | pa.ChunkedArray) -> bool:
    """Tell whether all are of years that Python knows; Arrow knows more.

    Parameters
    ----------
    times : pyarrow.Array or pyarrow.ChunkedArray
        Days, or instants in microseconds.

    Returns
    -------
    bool
    """
    ends = pc.min_max(times)
    first, last = _DAYS if pa.types.is_date(times.type) else _INSTANTS
    return not ends["min"].is_valid or bool(
        first <= ends["min"].value <= ends["max"].value <= last
    )


def in_pythons_years(times: pa.Array) -> pa.Array:
    """Tell of each of these whether it is."""
    is_day = pa.types.is_date(times.type)
    numbers = times.view(pa.int32() if is_day else pa.int64())
    ends = _DAYS if is_day else _INSTANTS
    first, last = (scalar_of(each, numbers.type) for each in ends)
    return pc.and_(pc.greater_equal(numbers, first), pc.less_equal(numbers, last))


def _in_one_layout(
    texts: pa.Array,
    known: Sequence[Layout | None],
    read: Callable[[Layout | None, pa.Array], pa.Array],
) -> pa.Array:
    """Return a column read by the first layout that fits."""
    for layout in known:
        try:
            values = some_first(texts, partial(read, layout), beyond=_BEYOND)
        except pa.ArrowInvalid:
            continue
        if not known_to_python(values):
            break
        return values
    raise pa.ArrowInvalid("no format fits every cell")


@lru_cache(maxsize=128)
def layouts(
    formats: tuple[str, ...], *, days: bool = False
) -> tuple[Layout | None, ...]:
    """Return the layouts to try, None for ISO 8601.

    A format counts only if no cell of its layout could mean something else by a format
    that is tried before it.

    Parameters
    ----------
    formats : tuple of str
        As for `parse_timestamp`.
    days : bool
        Of days, as for `parse_date`.

    Returns
    -------
    tuple of Layout or None
    """
    own_iso = {ISO, _ISO_DAY} if days else {ISO}
    specimen_of_iso = _ISO_DAY if days else _ISO_WITH_ZONE
    found: list[Layout | None] = []
    tried: list[str] = []
    for pattern in formats_tried(formats):
        is_iso = pattern in own_iso
        layout = None if is_iso else _layout(pattern, days=days)
        specimen = _specimen(specimen_of_iso if is_iso else pattern)
        if (is_iso or layout) and not any(
            pattern_fits(earlier, specimen, day=days) for earlier in tried
        ):
            found.append(layout)
        tried.append(pattern)
    return tuple(found)


def _specimen(pattern: str) -> str:
    """Return a text of a pattern's form."""
    parts = re.split(r"(%[a-zA-Z])", written_part(pattern))
    return "".join(_SPECIMEN.get(part, part) for part in parts)


def _layout(pattern: str, *, days: bool) -> Layout | None:
    """Return the layout of a pattern; None where it has no fixed width.

    It names a day; a clock only where it is not of days, and a zone only behind one.
    """
    places: dict[str, tuple[int, int]] = {}
    marks: list[tuple[int, int, str]] = []
    width = 0
    parts = [part for part in re.split(r"(%[a-zA-Z])", written_part(pattern)) if part]
    zoned = parts[-1] == _ZONE
    for part in parts[:-1] if zoned else parts:
        size = len(_SPECIMEN.get(part, part))
        if part in _SPECIMEN and part != _ZONE:
            places[part] = (width, width + size)
        elif part.startswith("%"):
            return None
        else:
            marks.append((width, width + size, part))
        width += size
    has_clock = zoned or (not days and "%H" in places)
    wanted = _DAY + _CLOCK if has_clock else _DAY
    if places.keys() != set(wanted) or (zoned and days):
        return None
    return Layout(
        places=places,
        marks=tuple(marks),
        width=width,
        zoned=zoned,
        unnamed=unnamed_zone(pattern),
    )


def _days_in(layout: Layout | None, texts: pa.Array) -> pa.Array:
    """Return the days of texts in this layout."""
    if layout is None:
        return texts.cast(pa.date32())
    data = texts.cast(pa.binary())
    lengths = pc.min_max(pc.binary_length(data)).as_py()
    if lengths["min"] is None:
        return pa.nulls(len(texts), pa.date32())
    if not lengths["min"] == lengths["max"] == layout.width:
        raise pa.ArrowInvalid("another width")
    _check_marks(data, layout)
    written = _joined(data, layout, _DAY, "-").cast(pa.string())
    return written.cast(pa.date32())


def _check_marks(data: pa.Array, layout: Layout) -> None:
    for start, stop, mark in layout.marks:
        there = pc.equal(_cut(data, start, stop), _mark(mark))
        if not pc.all(there).as_py():
            raise pa.ArrowInvalid("another mark")


def _joined(
    data: pa.Array, layout: Layout, tokens: Sequence[str], mark: str
) -> pa.Array:
    """Return some parts of texts with another mark between them."""
    parts = [_cut(data, *layout.places[token]) for token in tokens]
    return pc.binary_join_element_wise(*parts, _mark(mark))


def _instants_in(layout: Layout | None, texts: pa.Array) -> pa.Array:
    """Return the instants of texts in this layout."""
    if layout is None:
        return texts.cast(_INSTANT)
    data = texts.cast(pa.binary())
    lengths = pc.min_max(pc.binary_length(data)).as_py()
    if lengths["min"] is None:
        return pa.nulls(len(texts), _INSTANT)
    if layout.zoned == (lengths["max"] == layout.width) or (
        lengths["min"] < layout.width + layout.zoned
    ):
        raise pa.ArrowInvalid("another width")
    _check_marks(data, layout)
    day = _joined(data, layout, _DAY, "-")
    has_clock = _CLOCK[0] in layout.places
    time = _joined(data, layout, _CLOCK, ":") if has_clock else _mark("00:00:00")
    written = pc.binary_join_element_wise(day, time, _mark(" ")).cast(pa.string())
    local = written.cast(pa.timestamp("us")).cast(pa.int64())
    if layout.zoned:
        # an open end makes Arrow's binary_slice fail
        zones = _cut(data, layout.width, lengths["max"]).dictionary_encode()
        names = (each.decode("utf-8", "replace") for each in zones.dictionary.tolist())
        shifts = array_of([_microseconds(name) for name in names], pa.int64())
        shift = shifts.take(zones.indices)
    else:
        shift = scalar_of(_microseconds(layout.unnamed), pa.int64())
    return pc.subtract_checked(local, shift).cast(_INSTANT)


def _mark(text: str) -> pa.Scalar:
    return scalar_of(text.encode(), pa.binary())


def _cut(data: pa.Array, start: int, stop: int) -> pa.Array:
    return pc.binary_slice(data, start, stop)


def _microseconds(zone: str) -> int:
    """Return how far a zone is east of UTC."""
    try:
        return zone_offset(zone) // timedelta(microseconds=1)
    except ValueError:
        raise pa.ArrowInvalid("unknown zone") from None

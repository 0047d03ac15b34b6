"""What a worksheet's cells say where the library that reads them says another thing.

It gives a number as a float, an error as an empty cell, and no format. So the
worksheet is read a second time, for those cells alone.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from pathlib import Path
from posixpath import join, normpath
from typing import Final
from xml.parsers import expat

import pyarrow as pa

from spreports.arrays import array_of
from spreports.errors import ParseError
from spreports.fetch.xlsx.checked import WORKBOOK
from spreports.fetch.xlsx.places import Places

__all__ = ["Written", "float_text", "written_cells"]

_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STYLES: Final = "xl/styles.xml"
_CHUNK: Final = 1 << 20
_HELD: Final = 10_000
# Source: ECMA-376 part 1, section 18.18.11, ST_CellType: number and error
_KINDS: Final = frozenset("ne")
# Source: ECMA-376 part 1, section 18.8.30, numFmt: a zero is a digit, come what may
_ZEROS: Final = re.compile("0{2,}")
_ROW: Final = re.compile("[0-9]{1,7}")
# Digits that a float has for certain; with fewer than these its text says no more
_FLOAT_DIGITS: Final = 15
# To so many digits a number is rounded that is no further away than so many units in
# the last place: what a sum of floats is off by
_ROUNDINGS: Final = ((_FLOAT_DIGITS, 0), (12, 8))
# Of the smallest and the largest float, and some more
_EXPONENT_AT_MOST: Final = 400

# A long number, an exponent, an error, or a charset of which this cannot be told
_MAY_DIFFER: Final = re.compile(rb"[-+.0-9eE]{16}|[0-9][eE][-+0-9]|=\s*[\"']e[\"']|\0")
_OVERLAP: Final = 32

Attributes = dict[str, str]
# Row and column from 0, and the text
Written = tuple[int, int, str]


def written_cells(path: Path, number: int) -> Iterator[Written]:
    """Return the cells of a worksheet that are to be as they are written.

    They are an error, or a number that has zeros in front by its format or more digits
    than a float has. The file is read at once; what is kept of it is packed.

    Parameters
    ----------
    path : Path
        A workbook that `check_workbook` has let pass.
    number : int
        Which worksheet, from 0, in the workbook's order.

    Returns
    -------
    iterator of tuple of int, int and str
        Row and column from 0 and the text, by row and column.

    Raises
    ------
    ParseError
        The workbook does not say where the worksheet is.

    Source: ECMA-376 part 1, sections 18.2.19 (sheet), 18.3.1.4 (c), 18.8.45 (xf).
    """
    with zipfile.ZipFile(path) as archive:
        part = _part(archive, number)
        zeros = _zeros(archive)
        if not zeros and not _may_differ(archive, part):
            return iter(())
        cells = _Cells(zeros)
        _parse(archive, part, cells.parser)
    return cells.found()


class _Cells:
    """Notes the cells of a worksheet while expat reads it."""

    def __init__(self, zeros: dict[str, int]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self._zeros = zeros
        self._row = self._column = -1
        self._places = Places()
        self._cell: Attributes = {}
        self._said: list[str] = []
        self._held: list[Written] = []
        self._packed: list[pa.RecordBatch] = []

    def _start(self, name: str, attributes: Attributes) -> None:
        """Note where a cell is and what it is."""
        name = _local(name)
        if name == "c":
            if "r" not in attributes:
                self._settle()
                self._column += 1
            self._cell = attributes
        elif name == "v":
            if self._cell.get("t", "n") in _KINDS:
                # Only for the time of this element: most cells are texts
                self.parser.CharacterDataHandler = self._said.append
                self.parser.EndElementHandler = self._end
        elif name == "row":
            self._settle()
            self._cell = {}
            told = _ROW.fullmatch(attributes.get("r", ""))
            self._row = int(told[0]) - 1 if told else self._row + 1
            self._column = -1

    def _end(self, _name: str) -> None:
        """Keep a cell if it is to be as it is written."""
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        text = "".join(self._said)
        self._said.clear()
        if self._cell.get("t") != "e":
            width = self._zeros.get(self._cell.get("s", "0"), 0)
            text = _number(text, width) or ""
        if text:
            self._settle()
            self._held.append((self._row, self._column, text))
            if len(self._held) == _HELD:
                self._pack()

    def found(self) -> Iterator[Written]:
        """Return the cells in order."""
        self._pack()
        cells = pa.Table.from_batches(self._packed)
        order = [(name, "ascending") for name in ("row", "column")]
        for batch in cells.sort_by(order).to_batches(max_chunksize=_HELD):
            yield from zip(*(each.to_pylist() for each in batch.columns), strict=True)

    def _settle(self) -> None:
        """Note the last cell's row and column, where it tells them."""
        if "r" in self._cell:
            row, column = self._places.named(self._cell["r"])
            self._row, self._column = row - 1, column - 1

    def _pack(self) -> None:
        """Put the cells held into arrays, that take a fifth of the memory."""
        fields = [("row", pa.int32()), ("column", pa.int32()), ("text", pa.string())]
        arrays = [
            array_of([cell[place] for cell in self._held], dtype)
            for place, (_, dtype) in enumerate(fields)
        ]
        self._packed.append(
            pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
        )
        self._held.clear()


def _number(text: str, width: int) -> str | None:
    """Return a number as it is written, unless its float says the same.

    Excel writes 17 digits and shows 15: what these round to is kept where the rest is
    but the noise of floats.
    """
    if not width and len(text) <= _FLOAT_DIGITS and "E" not in text.upper():
        return None
    try:
        number = Decimal(text)
    except DecimalException:
        return None
    finite = number.is_finite()
    read = float(number) if finite else 0.0
    far = abs(number.adjusted()) > _EXPONENT_AT_MOST
    if not finite or far or (number and not read):
        # To a float it is infinite or nothing, and in full it may not fit the memory
        return text if finite and number else None
    whole, _, fraction = format(number.copy_abs(), "f").partition(".")
    if not fraction.strip("0"):
        written = ("-" if number < 0 else "") + whole.zfill(width)
        return None if written == float_text(read) else written
    for digits, units in _ROUNDINGS:
        rounded = float(format(read, f".{digits}g"))
        if abs(rounded - read) <= units * math.ulp(read):
            return None
    return format(number, "f")


def float_text(number: float) -> str:
    """Return what Excel shows of a number without a format.

    Parameters
    ----------
    number : float

    Returns
    -------
    str
        All digits of a whole number, 15 of another one, no exponent.
    """
    if number.is_integer():
        return str(int(number))
    return format(Decimal(format(number, f".{_FLOAT_DIGITS}g")), "f")


def _part(archive: zipfile.ZipFile, number: int) -> str:
    """Return the name of a worksheet's part."""
    sheets = [each for name, each in _elements(archive, WORKBOOK) if name == "sheet"]
    parts = {each.lower(): each for each in archive.namelist()}
    if number < len(sheets):
        named = sheets[number].get("id")
        for name, each in _elements(archive, _RELATIONS):
            if name == "Relationship" and each.get("Id") == named:
                target = each.get("Target", "").replace("\\", "/")
                # Some writers name it from the root without a slash
                for place in (join("/xl", target), join("/", target)):
                    found = parts.get(normpath(place).lstrip("/").lower())
                    if found is not None:
                        return found
    raise ParseError("the workbook is damaged: it does not say where a worksheet is")


def _may_differ(archive: zipfile.ZipFile, part: str) -> bool:
    """Say whether a worksheet may have such a cell: far cheaper than to read all."""
    before = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            if _MAY_DIFFER.search(before + chunk):
                return True
            before = chunk[-_OVERLAP:]
    return False


def _zeros(archive: zipfile.ZipFile) -> dict[str, int]:
    """Return the styles of cells that show zeros in front, and how many digits."""
    formats: dict[str, int] = {}
    styles: list[str] = []
    within = ""
    for name, each in _elements(archive, _STYLES):
        if name == "numFmt" and _ZEROS.fullmatch(each.get("formatCode", "")):
            formats[each.get("numFmtId", "")] = len(each["formatCode"])
        elif name in {"cellStyleXfs", "cellXfs"}:
            within = name
        elif name == "xf" and within == "cellXfs":
            styles.append(each.get("numFmtId", ""))
    digits = {str(at): formats.get(style, 0) for at, style in enumerate(styles)}
    return {style: width for style, width in digits.items() if width}


def _elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, Attributes]]:
    """Return the elements of a small part, none where there is no such part."""
    found: list[tuple[str, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        plain = {_local(key): value for key, value in attributes.items()}
        found.append((_local(name), plain))

    if part in archive.namelist():
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        _parse(archive, part, parser)
    return found


def _parse(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> None:
    """Let expat read a part; `check_workbook` has seen that it can."""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat's signature
    parser.Parse(b"", True)  # noqa: FBT003 - expat's signature


def _local(name: str) -> str:
    """Return a name without its namespace's prefix."""
    return name.rpartition(":")[2]

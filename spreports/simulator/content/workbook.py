"""Excel workbooks of a few worksheets: the fewest parts that Excel itself opens.

Written by the standard library, so that the simulator needs no extra and the same rows
give the same bytes. Source: ECMA-376 part 1, sections 12.3 and 18; part 2 (packages).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Final
from xml.sax.saxutils import escape, quoteattr

__all__ = ["MOST_DIGITS", "Cell", "shown", "workbook"]

# What Excel keeps of a number; one with more has to be text
MOST_DIGITS: Final = 15
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Style 1 is a day, style 2 a day with its time (built-in formats 14 and 22)
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's own, without a zone
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)
_BLOCK: Final = 1 << 16
_IN_MEMORY: Final = 8 << 20

Cell = str | int | float | Decimal | bool | date | None


def workbook(sheets: Mapping[str, Iterable[Iterable[Cell]]]) -> Iterator[bytes]:
    """Yield the bytes of a workbook.

    Parameters
    ----------
    sheets : mapping of str to iterable of rows
        By title; a row is its cells from the first column on, None an empty one. Texts
        are shared between the sheets, as Excel writes them.

    Yields
    ------
    bytes
    """
    shared: dict[str, int] = {}
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        with zipfile.ZipFile(file, "w") as archive:
            for number, rows in enumerate(sheets.values(), start=1):
                part = _part(f"xl/worksheets/sheet{number}.xml")
                with archive.open(part, "w") as target:
                    for text in _worksheet(rows, shared):
                        target.write(text.encode())
            for name, text in _parts(list(sheets), shared).items():
                archive.writestr(_part(name), _HEAD + text)
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def shown(cell: Cell) -> str:
    """Return what a cell shows: numbers without needless zeros, days as ISO 8601.

    Parameters
    ----------
    cell : str, int, float, Decimal, bool, date or None

    Returns
    -------
    str
        ``""`` for None.
    """
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case date():
            return cell.isoformat()
        case Decimal():
            text = format(cell, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
    return str(cell)


def _part(name: str) -> zipfile.ZipInfo:
    """Return a part's entry, of the same bytes at any time."""
    part = zipfile.ZipInfo(name, _WRITTEN)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def _worksheet(rows: Iterable[Iterable[Cell]], shared: dict[str, int]) -> Iterator[str]:
    """Yield a worksheet's text."""
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    for number, row in enumerate(rows, start=1):
        cells = "".join(
            _cell(f"{_letters(column)}{number}", cell, shared)
            for column, cell in enumerate(row)
            if cell is not None
        )
        yield f'<row r="{number}">{cells}</row>'
    yield "</sheetData></worksheet>"


def _letters(column: int) -> str:
    """Return a column's name: A to Z, then AA."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _cell(place: str, cell: Cell, shared: dict[str, int]) -> str:
    """Return one cell's element."""
    match cell:
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case datetime():
            days = (cell.replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
            return f'<c r="{place}" s="2"><v>{days!r}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(cell - _EPOCH.date()).days}</v></c>'
        case str():
            number = shared.setdefault(cell, len(shared))
            return f'<c r="{place}" t="s"><v>{number}</v></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def _parts(titles: list[str], shared: Mapping[str, int]) -> dict[str, str]:
    """Return the parts beside the worksheets, by name."""
    numbers = range(1, len(titles) + 1)
    kinds = {f"worksheets/sheet{number}": "worksheet" for number in numbers}
    kinds |= {"styles": "styles", "sharedStrings": "sharedStrings"}
    overrides = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in {"workbook": "sheet.main", **kinds}.items()
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{name}.xml"/>'
        for number, (name, kind) in enumerate(kinds.items(), start=1)
    )
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="r{number}"/>'
        for number, title in zip(numbers, titles, strict=True)
    )
    strings = "".join(
        f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in shared
    )
    return {
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/'
        f'relationships">{relations}</Relationships>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
        f'Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f"{overrides}</Types>",
    }

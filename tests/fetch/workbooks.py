"""Excel workbooks written by hand, so that each byte can be wrong on purpose."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | bool | date | None

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's own, without a zone


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    *,
    replaced: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a workbook; `replaced` puts other bytes in a part's place."""
    count = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{k}.xml" '
        f'ContentType="{TYPE}.worksheet+xml"/>'
        for k in count
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{k}" r:id="r{k}"/>'
            for k, name in zip(count, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{k}" Type="{OFFICE}/worksheet" '
            f'Target="worksheets/sheet{k}.xml"/>'
            for k in count
        )
        + f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
        # Style 1 is a day, style 2 a day with its time
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="3">'
        '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs>'
        "</styleSheet>",
    }
    for k, rows in zip(count, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{k}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>'
            + "".join(_row(number, row) for number, row in enumerate(rows, start=1))
            + "</sheetData></worksheet>"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, (replaced or {}).get(name, text.encode()))
        for name in set(replaced or {}) - set(parts):
            archive.writestr(name, (replaced or {})[name])
    return buffer.getvalue()


def _row(number: int, cells: Sequence[Cell]) -> str:
    inner = "".join(
        _cell(f"{chr(65 + column)}{number}", cell)
        for column, cell in enumerate(cells)
        if cell is not None
    )
    return f'<row r="{number}">{inner}</row>'


def _cell(place: str, cell: Cell) -> str:
    match cell:
        case str():
            text = f'<is><t xml:space="preserve">{escape(cell)}</t></is>'
            return f'<c r="{place}" t="inlineStr">{text}</c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case datetime():
            days = (cell - EPOCH).total_seconds() / 86_400
            return f'<c r="{place}" s="2"><v>{days!r}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(cell - EPOCH.date()).days}</v></c>'
        case _:
            return f'<c r="{place}"><v>{cell!r}</v></c>'

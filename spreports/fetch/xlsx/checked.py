"""See that a workbook is whole and harmless before a library reads it.

Every part is inflated and its checksum compared, every XML part is read by expat, and
the cells' places are counted: one cell in the last row and column would otherwise
make a reader reserve memory for all that lies between.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final
from xml.parsers import expat

from spreports.errors import ParseError
from spreports.fetch.xlsx.places import Places

__all__ = ["WORKBOOK", "check_workbook"]

MAX_PARTS: Final = 10_000
MAX_PLAIN: Final = 512 << 20
MAX_CELLS: Final = 20_000_000
WORKBOOK: Final = "xl/workbook.xml"
_CHUNK: Final = 1 << 20
_XML: Final = (".xml", ".rels", ".vml")
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_ENCRYPTED: Final = 0x1


def check_workbook(path: Path) -> None:
    """Check a file that begins like a ZIP archive.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ParseError
        It is another archive, damaged, encrypted, or unreasonably large.

    Source: ECMA-376 part 2 (packages); PKWARE APPNOTE 4.4 (archives).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if WORKBOOK not in names:
                msg = (
                    f"the document is a ZIP archive of {len(parts)} files and no Excel "
                    "workbook"
                )
                raise ParseError(msg, hint="Document.save(path) keeps the bytes")
            if len(parts) > MAX_PARTS or len(set(names)) < len(names):
                raise ParseError("the workbook has too many parts, or one twice")
            _check_parts(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as exc:
        msg = f"the workbook is damaged or cut short: {type(exc).__name__}"
        raise ParseError(msg) from exc
    except (NotImplementedError, RuntimeError) as exc:  # of zipfile: method, password
        msg = "the workbook is compressed or encrypted in a way that is not read"
        raise ParseError(msg) from exc


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Inflate every part; read those that are XML."""
    plain = 0
    for part in archive.infolist():
        if part.flag_bits & _ENCRYPTED:
            raise ParseError("the workbook is encrypted")
        reader = None
        if part.filename.lower().endswith(_XML):
            reader = _Part(counts=bool(_SHEET.fullmatch(part.filename)))
        with archive.open(part) as file:
            while chunk := file.read(_CHUNK):
                plain += len(chunk)
                if plain > MAX_PLAIN:
                    size = f"more than {MAX_PLAIN >> 20} MiB"
                    raise ParseError(f"the workbook inflates to {size}: refused")
                if reader is not None:
                    reader.read(chunk, final=False)
        if reader is not None:
            reader.read(b"", final=True)


class _Part:
    """One XML part: well-formed, without declarations, its cells not too many."""

    def __init__(self, *, counts: bool) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._places = Places()
        self._rows = self._columns = 1
        if counts:
            self._parser.StartElementHandler = self._element

    def read(self, data: bytes, *, final: bool) -> None:
        """Read on."""
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as exc:
            what = expat.ErrorString(exc.code)
            raise ParseError(f"the workbook is damaged: {what}") from None
        except (LookupError, ValueError):
            # a part declares a charset that Python lacks, or that expat cannot use
            raise ParseError("the workbook is damaged: a part's charset") from None

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        """Count a cell's place."""
        if name.rpartition(":")[2] != "c" or "r" not in attributes:
            return
        row, column = self._places.named(attributes["r"])
        self._columns = max(self._columns, column)
        self._rows = max(self._rows, row)
        if self._rows * self._columns > MAX_CELLS:
            size = f"more than {MAX_CELLS:,} cells"
            raise ParseError(f"a worksheet spans {size}: refused")

    def _refuse(self, *_declaration: object) -> None:
        """Refuse a document type declaration; no workbook has one."""
        raise ParseError("the workbook declares a document type: refused")

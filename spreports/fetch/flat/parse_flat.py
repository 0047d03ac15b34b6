"""Parse blocks of rows into batches, with a strict number of cells.

Each block is parsed for itself, so that several can be at the same time: what depends
on the blocks before it, such as the number of a row, is left to who puts them in order.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from spreports.arrays import array_of, null_where, scalar_of
from spreports.catalog import ReportType
from spreports.catalog.entry import UNSAID
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.flat.kernel_rows import kernel_rows
from spreports.fetch.flat.mended_rows import LONE_RETURN, mended_rows
from spreports.fetch.flat.other_type import untyped
from spreports.fetch.flat.parser_types import Asked, ParserTypes
from spreports.fetch.flat.repeated_headers import without_headers

__all__ = ["BlockParser", "Parsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a block came to.

    Attributes
    ----------
    batches : list of pyarrow.RecordBatch, m columns
        Columns are of the parser's types, all of them or none; the others are
        ``string`` or coded, cells byte for byte.
    findings : Findings
        This block's ``padded_rows``, ``unwrapped_rows``, ``repeated_headers`` and
        ``unended``.
    by_kernel : bool
        The block was read by the kernel.
    error : callable or None
        Given the number of data rows before the block, the error for its first row
        that has another number of cells than the header. There are no batches then.
    """

    batches: list[pa.RecordBatch]
    findings: Findings
    by_kernel: bool = False
    error: Callable[[int], ParseError] | None = None


class BlockParser:
    """Parses blocks, several at the same time if need be.

    Blank lines are skipped, repeated header lines left out; neither counts as a row.

    Parameters
    ----------
    header : Header, m columns
    entry : ReportType
        Says which faults of a row are known; see `mended_rows`.
    empty_is_null : bool
        An empty cell becomes null, and so does one of a single space where the
        catalogue says that it is empty; otherwise all cells stay as they are.
    types : ParserTypes, optional
        Columns to type at once, in the blocks where every one of their cells fits.
    coded : set of str
        Columns whose texts may come once each, with their numbers in the rows.
    """

    def __init__(
        self,
        header: Header,
        entry: ReportType,
        *,
        empty_is_null: bool,
        types: ParserTypes | None = None,
        coded: Set[str] = frozenset(),
    ) -> None:
        self._header, self._entry, self._types = header, entry, types
        # Source: reference, "an empty cell may be one space" (flat returns)
        spelled = ("", " ") if entry.space_is_empty else ("",)
        self._empty = spelled if empty_is_null else ()
        columns = types.columns if types is not None else {}
        local = entry.local_decimals
        self._kernel = kernel_rows(header, columns, self._empty, coded, local=local)
        self._pads = entry.pad_short_rows and header.quoting is not Quoting.DOUBLED

    def parse(self, block: bytes) -> Parsed:
        """Return a block's rows, or what is wrong with them.

        Parameters
        ----------
        block : bytes
            Whole rows of UTF-8, as `row_blocks` gives them.

        Returns
        -------
        Parsed
        """
        header, empty = self._header, self._empty
        found = Findings(unended=not block.endswith((b"\n", b"\r")))
        padded = found if self._pads else None
        batch = self._kernel.batch(block, padded) if self._kernel is not None else None
        rows = without_headers(block, header, found) if batch is None else block
        if self._kernel is not None and rows is not block:
            batch = self._kernel.batch(rows, padded)
        if batch is not None:
            batches = [batch] if batch.num_rows else []
            return Parsed(batches=batches, findings=found, by_kernel=True)
        types = None if header.quoting is Quoting.ENCLOSED else self._types
        asked = types.asked if types is not None else Asked({})
        table, bad = None, None
        if types is not None and asked.left:
            table, bad = _read(rows, header, empty, asked.dtypes)
            table = None if table is None else types.typed(table, asked)
        if table is None and bad is None:
            table, bad = _read(rows, header, empty)
            if table is not None and types is not None:
                types.drop(table, asked)
        if table is None:
            mended = mended_rows(rows, header, self._entry, found)
            if mended is not None:
                batch = self._kernel.batch(mended) if self._kernel else None
                if batch is not None:
                    return Parsed(batches=[batch], findings=found, by_kernel=True)
                table, bad = _read(mended, header, empty)
        if table is None:
            lone = header.line_end == b"\n" and LONE_RETURN.search(rows) is not None
            of_none = header.served if self._entry.report_type == UNSAID else None
            error = partial(
                _unreadable,
                bad,
                header.delimiter,
                unended=found.unended,
                lone=lone,
                of_no_type=of_none,
            )
            return Parsed(batches=[], findings=found, error=error)
        batches = table.combine_chunks().to_batches()
        if header.quoting is Quoting.ENCLOSED:
            batches = [_unenclosed(batch, empty) for batch in batches]
        return Parsed(batches=batches, findings=found)


def _read(
    rows: bytes,
    header: Header,
    empty: tuple[str, ...],
    types: Mapping[str, pa.DataType] | None = None,
) -> tuple[pa.Table | None, Any]:
    """Return a table, or None and the first row that does not fit.

    The parser's own error quotes the row, so it must not become ours, not even as
    its cause: it is dropped here.
    """
    dtypes = dict.fromkeys(header.names, pa.string()) | dict(types or {})
    if not rows:
        return pa.schema(dtypes.items()).empty_table(), None
    misfits: list[Any] = []

    def on_misfit(row: Any) -> str:
        misfits.append(row)
        return "error"

    quoted = header.quoting is Quoting.DOUBLED
    if rows.startswith(BOM_UTF8):
        # The parser leaves out one at the start of whatever it is given
        rows = BOM_UTF8 + rows
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(rows),
            # one block, one thread: rows keep their numbers
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(rows) + 1,
                column_names=list(header.names),
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=header.delimiter,
                quote_char='"' if quoted else False,
                double_quote=quoted,
                escape_char=False,
                newlines_in_values=quoted,
                ignore_empty_lines=True,
                invalid_row_handler=on_misfit,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=False,  # `decode` has checked
                column_types=dtypes,
                null_values=empty,
                strings_can_be_null=bool(empty),
                quoted_strings_can_be_null=bool(empty),
            ),
        )
    except pa.ArrowInvalid:
        return None, misfits[0] if misfits else None
    return table, None


def _unreadable(
    misfit: Any,
    delimiter: str,
    before: int,
    *,
    unended: bool,
    lone: bool,
    of_no_type: Sequence[str] | None,
) -> ParseError:
    """Return the error for a row with too many or too few cells.

    The row's text is not shown. `of_no_type` is the header where no type was named.
    """
    if misfit is None:
        return ParseError(f"no table below data row {before}")
    row = before + misfit.number
    expected, actual = misfit.expected_columns, misfit.actual_columns
    msg = f"data row {row} has {actual} cells where the header has {expected}"
    if actual < expected and unended:
        msg += "; the file does not end with a line end, it may be cut short"
    if actual == expected + 1 and misfit.text.endswith(delimiter):
        msg += (
            f", the last one empty: if each row ends with {delimiter!r}, one more at"
            " the end of the header line, too, makes it a column"
        )
    if lone:
        msg += (
            "; carriage returns stand near it without a line feed: inside a cell they"
            " have to be taken out of the file"
        )
    hint = untyped(of_no_type) if of_no_type and actual < expected else ""
    return ParseError(msg, row=row, hint=hint)


def _unenclosed(batch: pa.RecordBatch, empty: tuple[str, ...]) -> pa.RecordBatch:
    """Take the enclosing quotes off every cell that has them; inner ones stay."""
    columns = []
    for cells in batch.columns:
        enclosed = pc.and_(
            pc.and_(pc.starts_with(cells, '"'), pc.ends_with(cells, '"')),
            pc.greater(pc.binary_length(cells), scalar_of(1, pa.int32())),
        )
        inner = pc.if_else(enclosed, pc.utf8_slice_codeunits(cells, 1, -1), cells)
        if empty:
            is_empty = pc.is_in(inner, array_of(empty, pa.string()))
            inner = null_where(is_empty, inner)
        columns.append(inner)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)

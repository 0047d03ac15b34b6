"""Write reports anew as a compaction: one file a folder, one marker for all of it.

Writing the marker is the moment in which the new files count and the old ones no longer
do. What is old is taken away only then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from spreports.errors import SinkError
from spreports.lake.care import opened, settled, take_away
from spreports.lake.compaction import compacted_note
from spreports.lake.holding import Holding, Span
from spreports.lake.place import Place
from spreports.lake.private import is_private
from spreports.lake.state import RootState
from spreports.load.compacted import COMPACTION
from spreports.load.marker import MarkedFile, Marker
from spreports.load.one_file import write_whole
from spreports.load.part_file import PartFile
from spreports.load.publish import publish
from spreports.load.sink_errors import as_sink_errors

__all__ = ["Change", "column_of", "rewrite", "schema_of"]

_WORTH_ROWS: Final = 4_096


class Change(Protocol):
    """What becomes of rows on their way."""

    def schema(self, held: Holding, schema: pa.Schema) -> pa.Schema:
        """Return the columns as they will be."""
        ...

    def rows(
        self, held: Holding, batch: pa.RecordBatch, schema: pa.Schema
    ) -> pa.RecordBatch:
        """Return rows of a report in these columns."""
        ...

    def told(self, held: Holding) -> Holding:
        """Return a report as it will be."""
        ...


def rewrite(
    root: Place,
    state: RootState,
    kept: Sequence[Holding],
    stems: Sequence[str],
    change: Change | None = None,
) -> int:
    """Write a compaction of reports in place of some markers.

    Parameters
    ----------
    root : Place
    state : RootState
    kept : sequence of Holding, at least one
        Of the same columns and folders.
    stems : sequence of str
        Markers that it stands for; what else they hold is gone with them.
    change : Change, optional

    Returns
    -------
    int
        Files.

    Raises
    ------
    SinkError
        A file is gone or damaged, or the target refused; the old files then count.
    """
    told = [held if change is None else change.told(held) for held in kept]
    old = {stem: state.digests[stem] for stem in stems}
    named = sorted((h.report.stem, h.digest, sorted(h.note.items())) for h in told)
    digest = hashlib.sha256(repr((named, sorted(old.items()))).encode()).hexdigest()
    stem = f"{COMPACTION}{digest[:32]}"
    with opened(root, private=is_private(root, state, kept)) as target:
        parts, placed = _files(
            root, stem, kept, target.workdir(), told=told, change=change
        )
        marker = Marker(
            stem=stem,
            files=tuple(MarkedFile(p.path, p.rows, p.bytes) for p in parts),
            partition_by=kept[0].partition_by,
            schema=told[0].schema,
            note=compacted_note(placed, old),
        )
        publish(target, parts, marker)
    now = settled(root, stem)
    for name, paths in now.leaving.items():
        take_away(root, name, paths, now.digests.get(name))
    return len(parts)


def schema_of(root: Place, span: Span) -> pa.Schema:
    """Return the columns of a file; SinkError where it is gone."""
    try:
        with root.parquet(span.path) as file:
            return file.schema_arrow.remove_metadata()
    except FileNotFoundError:
        raise _missing(root, span.rows, span.path) from None


def column_of(
    root: Place, span: Span, name: str
) -> Iterator[tuple[pa.Schema, pa.Array]]:
    """Yield a column of a span's file, where it has it, beside all of its columns.

    Raises
    ------
    SinkError
        The file is gone or damaged.
    """
    try:
        with root.parquet(span.path, checksums=True) as file, root.refusals("read"):
            schema = file.schema_arrow
            has = name in schema.names
            for batch in file.iter_batches(columns=[name]) if has else ():
                yield schema, batch.column(0)
    except FileNotFoundError:
        raise _missing(root, span.rows, span.path) from None


def _files(
    root: Place,
    stem: str,
    kept: Sequence[Holding],
    home: Path,
    *,
    told: Sequence[Holding],
    change: Change | None,
) -> tuple[list[PartFile], list[Holding]]:
    """Write one local file a folder; return them, and where each report's rows are."""
    by_folder: dict[str, list[tuple[int, Span]]] = {}
    for number, held in enumerate(kept):
        for span in held.spans:
            folder = span.path.rpartition("/")[0]
            by_folder.setdefault(folder, []).append((number, span))
    spans: list[list[Span]] = [[] for _ in kept]
    parts: list[PartFile] = []
    for folder, owned in sorted(by_folder.items()):
        path = "/".join(filter(None, (folder, f"{stem}-0.parquet")))
        start = 0
        for number, span in owned:
            spans[number].append(Span(path, start, span.rows))
            start += span.rows
        inside = [
            replace(told[n], spans=tuple(s for s in spans[n] if s.path == path))
            for n in dict.fromkeys(number for number, _ in owned)
        ]
        schema = schema_of(root, owned[0][1])
        batches = _gathered(batches_of(root, [span for _, span in owned]))
        if change is not None:
            # They are of the same columns, so the same was done to all of them
            first = kept[owned[0][0]]
            schema = change.schema(first, schema)
            batches = _changed(batches, first, schema, change)
        local = home / f"{len(parts)}.parquet"
        # The file says itself whose rows it holds, should the markers be lost
        note = compacted_note(inside, {})
        # Arrow may refuse the change of the rows, too
        with as_sink_errors(home):
            rows = write_whole(local, batches, schema, note=note)
        parts.append(PartFile(local, path, rows, local.stat().st_size))
    placed = [
        replace(held, spans=tuple(own)) for held, own in zip(told, spans, strict=True)
    ]
    return parts, placed


def _changed(
    batches: Iterator[pa.RecordBatch],
    held: Holding,
    schema: pa.Schema,
    change: Change,
) -> Iterator[pa.RecordBatch]:
    """Yield rows as they will be."""
    for batch in batches:
        yield change.rows(held, batch, schema)


def batches_of(root: Place, spans: Sequence[Span]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of spans, span after span.

    Raises
    ------
    SinkError
        A file is gone, damaged or shorter than its marker says.
    """
    for span in spans:
        left, skip = span.rows, span.start
        try:
            with root.parquet(span.path, checksums=True) as file:
                batches = iter(file.iter_batches(batch_size=16_384))
                while left:
                    with root.refusals("read"):
                        batch = next(batches, None)
                    if batch is None:
                        break
                    piece = batch.slice(skip, left)
                    skip = max(0, skip - batch.num_rows)
                    left -= piece.num_rows
                    if piece.num_rows:
                        yield piece.replace_schema_metadata(None)
        except FileNotFoundError:
            pass
        if left:
            raise _missing(root, left, span.path)


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield rows of the same columns in batches that are worth their columns' memory.

    A batch of 20 rows takes 50 KiB, and thousands of them make a row group.
    """
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= _WORTH_ROWS:
            yield pa.concat_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_batches(waiting)


def _missing(root: Place, rows: int, path: str) -> SinkError:
    """Return the error for a file that is gone, damaged or short."""
    return SinkError(
        f"{root.name}: {rows} rows of {path} are missing; nothing was changed: run it"
        " again where a sync was at work, else see `spreports lake check`",
        url=root.name,
    )

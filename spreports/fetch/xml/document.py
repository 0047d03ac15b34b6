"""An XML document as record batches: where its stages are joined.

UTF-8 -> (a thread ahead) -> checked by expat -> plain -> tags -> elements -> rows
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from spreports.fetch.late_values import tell_of_late
from spreports.fetch.read_ahead import read_ahead
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.sniff import error_page
from spreports.fetch.xml.checked import MAX_RECORD, checked
from spreports.fetch.xml.columns import grouped, layout
from spreports.fetch.xml.nodes import MAX_PATHS, Nodes, Paths, Reading, has_text
from spreports.fetch.xml.plain_markup import Markup
from spreports.fetch.xml.record_element import profile_of, record_element
from spreports.fetch.xml.rows import Rows
from spreports.fetch.xml.tokens import Tags, Tokens, split_tokens

__all__ = ["open_xml"]

# Columns are settled from as much as this, about a thousand orders
_SAMPLE: Final = 1 << 20
_FIELDS_AT_MOST: Final = 200
_FIELD_LENGTH: Final = 4_096
# Source: XML 1.0, section 2.8, XMLDecl
_DECLARATION: Final = re.compile(rb"<\?xml\s[^>]*\?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """The first part of a text.

    Attributes
    ----------
    text : bytes
        From the first tag on.
    whole : bool
        There is no more.
    nodes : Nodes
        Its elements, but for those that are not yet whole.
    """

    text: bytes
    whole: bool
    nodes: Nodes


def open_xml(
    text: Generator[bytes, None, None],
    head: bytes,
    entry: ReportType,
    options: ReadOptions,
) -> tuple[pa.Schema, Generator[pa.RecordBatch, None, None]]:
    """Open an XML text as record batches.

    Parameters
    ----------
    text : generator of bytes
        UTF-8 without byte order mark, cut between characters; closed at the end.
    head : bytes
        The document's first plain bytes.
    entry : ReportType
        Its tables say which element is the record and how columns are typed; what it
        does not say is found from the first mebibyte.
    options : ReadOptions
        The table is one of the entry's; the document's own fields are the values
        around the records.

    Returns
    -------
    pyarrow.Schema, m columns
        The catalogue's columns, then what else the first records have, as strings.
    generator of pyarrow.RecordBatch

    Raises
    ------
    ParseError
        At once where the first part of the document is at fault or its record element
        cannot be told.
    """
    page = error_page(head)
    if page is not None:
        raise ParseError(f"{page} stands in the report document's place")
    feed = _Feed(text)
    chunks = Markup(checked(feed))
    paths, tags = Paths(), Tags()
    sample = _sample(chunks, paths, tags)
    table, findings = options.table, options.findings
    known = entry.table(None if table == entry.table().name else table)
    profile = profile_of(sample.nodes, paths)
    found = record_element(profile, known)
    record = found or tuple(known.path.split("/"))
    places = profile.places(record)
    inside = [path for path in profile.repeated if path[: len(record)] == record]
    repeated = [path[len(record) :] for path in inside if len(path) > len(record)]
    fields, unknown = layout(known.columns, places, repeated)
    if len(unknown) > MAX_PATHS:
        raise ParseError(f"this is not a report: more than {MAX_PATHS} columns")
    findings.unknown_columns = unknown
    rows = Rows(
        grouped(fields) if options.nested == "struct" else fields,
        record,
        paths,
        entry,
        options,
    )
    around = _Around(paths, record, findings)

    def batches() -> Generator[pa.RecordBatch, None, None]:
        with closing(feed.read_ahead()):
            reading = Reading(paths)
            depth = len(record)
            size = options.batch_bytes
            buffers = _buffers(sample, chunks, reading, tags, depth, batch_bytes=size)
            for nodes in buffers:
                batch = rows.batch(nodes)
                around.take(nodes)
                del nodes
                # Arrow's allocator keeps several times what is in use: PROFILES.md
                pa.default_memory_pool().release_unused()
                if batch.num_rows:
                    yield batch
        findings.missing_columns = rows.unseen() if findings.rows else ()
        tell_of_late(findings, options.on_bad_value, but=around.counted)
        if options.on_fields is not None:
            options.on_fields(findings.document_fields)

    return rows.schema, batches()


class _Feed:
    """The text's chunks, from some point on read ahead by a thread.

    Expat stays in the consumer's thread: it holds the interpreter while it reads, and
    each of the many native steps here would wait for it.
    """

    def __init__(self, text: Generator[bytes, None, None]) -> None:
        self._chunks = text

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def read_ahead(self) -> Generator[bytes, None, None]:
        """Start the thread; closing what is returned ends it and closes the text."""
        self._chunks = read_ahead(self._chunks)
        return self._chunks


def _sample(chunks: Markup, paths: Paths, tags: Tags) -> _Sample:
    """Read the first part of the text, at least one whole element."""
    text = bytearray()
    need, whole = _SAMPLE, False
    while True:
        while len(text) < need and not whole:
            chunk = next(chunks, None)
            whole = chunk is None
            text += chunk or b""
        declared = _DECLARATION.match(text)
        if declared:
            del text[: declared.end()]
        tokens = split_tokens(bytes(text), tags, final=whole)
        if tokens is None and chunks.take_back(bytes(text)):
            text.clear()
            whole = False
            continue
        if tokens is not None and not whole:
            tokens = _but_last(tokens)
        if tokens is not None and len(tokens.codes):
            break
        if whole or len(text) > MAX_RECORD:
            raise ParseError("this is not a report: it has no element")
        need = 2 * len(text)
    nodes = Reading(paths).nodes(tokens, below=None)
    if nodes is None:
        raise ParseError("this is not a report: it has no element")
    return _Sample(text=bytes(text), whole=whole, nodes=nodes)


def _but_last(tokens: Tokens) -> Tokens:
    """Leave the last tag out: whether its element holds others is not known yet."""
    count = len(tokens.codes) - 1
    return replace(
        tokens, codes=tokens.codes.slice(0, count), texts=tokens.texts.slice(0, count)
    )


def _buffers(
    sample: _Sample,
    chunks: Markup,
    reading: Reading,
    tags: Tags,
    depth: int,
    *,
    batch_bytes: int,
) -> Iterator[Nodes]:
    """Yield the elements of whole records, about `batch_bytes` of text at a time."""
    text = bytearray(sample.text)
    ended, need = sample.whole, batch_bytes
    while True:
        while len(text) < need and not ended:
            chunk = next(chunks, None)
            ended = chunk is None
            text += chunk or b""
        final = ended and len(text) <= need
        tokens = split_tokens(bytes(text[:need]), tags, final=final)
        if tokens is None and chunks.take_back(bytes(text)):
            text.clear()
            ended = False
            continue
        nodes = None
        if tokens is not None:
            nodes = reading.nodes(tokens, below=None if final else depth)
        if nodes is not None:
            yield nodes
            del text[: nodes.end]
            need = batch_bytes
        elif need >= MAX_RECORD:
            most = MAX_RECORD >> 20
            raise ParseError(
                f"no record ends within {most} MiB: this is no report, or one that is "
                "a single record; Document.save(path) keeps it"
            )
        else:
            # Twice as much each time, so that a large record is not read over and over
            need = min(2 * need, MAX_RECORD)
        if final:
            break


class _Around:
    """What stands around the records: the document's own fields.

    Attributes
    ----------
    counted : set of str
        Names in ``unplaced`` of values outside the records.
    """

    def __init__(
        self, paths: Paths, record: tuple[str, ...], findings: Findings
    ) -> None:
        self._paths = paths
        self._record = record
        self._findings = findings
        self._outside: list[int] = []
        self._looked_at = 1
        self._valued: set[int] = set()
        self.counted: set[str] = set()

    def take(self, nodes: Nodes) -> None:
        """Keep the first value of each field; count others that lie in a group."""
        for number in range(self._looked_at, len(self._paths)):
            if self._paths.names[number][: len(self._record)] != self._record:
                self._outside.append(number)
        self._looked_at = len(self._paths)
        for number in self._outside:
            path = self._paths.names[number]
            elements = nodes.of(number, len(path))
            if not len(elements):
                continue
            values = nodes.texts.take(elements)
            texts = values.filter(has_text(values))
            name = "/".join(path[1:])
            kept = 0
            if number not in self._valued:
                self._valued.add(number)
                tag = nodes.tags[nodes.codes[elements[0].as_py()].as_py()]
                for attribute, value in tag.attributes.items():
                    self._keep("/".join([*path[1:], f"@{attribute}"]), value)
                if len(texts) and self._keep(name, texts[0].as_py()):
                    kept = 1
            envelope = path[:-1] == self._record[: len(path) - 1]
            if len(texts) > kept and not envelope:
                counts = self._findings.unplaced
                self.counted.add(name)
                counts[name] = counts.get(name, 0) + len(texts) - kept

    def _keep(self, name: str, value: str) -> bool:
        """Keep a field, unless it is one too many or too long; say whether."""
        fields = self._findings.document_fields
        if len(fields) >= _FIELDS_AT_MOST or len(value) > _FIELD_LENGTH:
            return False
        fields[name] = value
        return True

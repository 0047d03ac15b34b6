"""Official JSON, and XML by hand, cut or with a byte of its structure changed."""

from __future__ import annotations

import io
import json
import random
import xml.parsers.expat
from typing import TYPE_CHECKING

import pytest

import spreports as spr
from spreports.errors import DocumentError
from spreports.fetch.document import open_batches
from tests.documents_unseen.test_official_examples import EXAMPLES, REPORT_TYPES
from tests.documents_unseen.test_xml_documents import BROWSE, ENVELOPE, ORDERS

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

PUT = (
    b"",
    b" ",
    b"x",
    b"}",
    b"]",
    b",",
    b'"',
    b"\\",
    b"\0",
    b":",
    b"{",
    b"[",
    b"<",
    b">",
)


def read(stored: bytes, name: str) -> pa.Table:
    """Read a document's first table."""
    return open_batches(
        lambda: io.BytesIO(stored), spr.report_type(name), content_type=None
    ).read_all()


def is_json(data: bytes) -> bool:
    """Whether the standard library takes it."""
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def is_xml(data: bytes) -> bool:
    """Whether the standard library takes it."""
    try:
        xml.parsers.expat.ParserCreate().Parse(data, True)
    except xml.parsers.expat.ExpatError:
        return False
    return True


def changed(
    data: bytes, marks: bytes, source: random.Random, times: int
) -> list[bytes]:
    """Return the document with one byte of its structure replaced, several times."""
    places = [place for place, byte in enumerate(data) if byte in marks]
    chosen = source.sample(places, min(times, len(places)))
    return [data[:at] + source.choice(PUT) + data[at + 1 :] for at in chosen]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_that_is_cut_or_changed_is_an_error(path: Path) -> None:
    data = path.read_bytes().rstrip()
    schema = path.name.split(".")[0]
    echo = json.loads(data).get("reportSpecification", {})
    name = REPORT_TYPES.get(schema) or echo["reportType"]
    source = random.Random(schema)  # noqa: S311 - places to damage, no secrets

    for end in source.sample(range(1, len(data)), min(len(data) - 1, 25)):
        with pytest.raises(DocumentError):
            read(data[:end], name)
    wrong = [
        each for each in changed(data, b'{}[]:,"', source, 40) if not is_json(each)
    ]
    assert len(wrong) > 10
    for each in wrong:
        with pytest.raises(DocumentError):
            read(each, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [(ENVELOPE + ORDERS, "orders_xml"), (BROWSE, "browse_tree")],
    ids=["orders", "browse tree"],
)
def test_xml_that_is_cut_or_changed_is_an_error(text: str, name: str) -> None:
    data = text.encode()
    source = random.Random(name)  # noqa: S311 - places to damage, no secrets

    for end in source.sample(range(1, len(data)), 200):
        with pytest.raises(DocumentError):
            read(data[:end], name)
    wrong = [
        each for each in changed(data, b"<>/=\"&;!'", source, 200) if not is_xml(each)
    ]
    assert len(wrong) > 50
    for each in wrong:
        with pytest.raises(DocumentError):
            read(each, name)

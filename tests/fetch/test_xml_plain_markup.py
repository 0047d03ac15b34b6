from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.xml import document, tokens
from spreports.fetch.xml.document import open_xml
from spreports.fetch.xml.plain_markup import Markup, is_plain, plain_markup
from tests.fetch.documents import read

ROW = ReportType(
    report_type="GET_TEST",
    format="xml",
    tables=(Table(name="records", path="Rows/Row", columns=(Column(name="A"),)),),
)
SIGNS = st.sampled_from(
    ["x", "ö", "-", "?", "!", "]", ">", "<", "&", '"', "'", "[", " "]
)


def text_without(*endings: str) -> st.SearchStrategy[str]:
    """Draw a text in which none of the endings stands, also not at its end."""
    return st.text(SIGNS, max_size=8).map(
        lambda text: text if all(e not in text + e[:-1] for e in endings) else "ok"
    )


PIECES = st.one_of(
    text_without("--").map(lambda text: f"<!-- {text} -->"),
    text_without("?>").map(lambda text: f"<?ours {text}?>"),
    text_without("]]>").map(lambda text: f"<![CDATA[{text}]]>"),
    st.sampled_from(["<B>1</B>", "<B/>", '<B c="x>y"/>', "text", " &lt;!-- ", "&amp;"]),
)
DOCTYPES = st.sampled_from(
    ["", "<!DOCTYPE Rows>", '<!DOCTYPE Rows SYSTEM "a>\'b">', "<!-- <a> --><?b?>"]
)
DOCUMENTS = st.builds(
    lambda doctype, pieces: (
        f"<?xml version='1.0'?>\n{doctype}<Rows>{''.join(pieces)}</Rows>".encode()
    ),
    DOCTYPES,
    st.lists(PIECES, max_size=12),
)


def cut(text: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(edges)]


@given(DOCUMENTS, st.lists(st.integers(0, 10_000), max_size=30))
def test_the_elements_are_those_of_the_stdlib_however_the_text_is_cut(
    text: bytes, places: list[int]
) -> None:
    plain = b"".join(plain_markup(cut(text, places)))

    assert is_plain(plain)
    assert ET.tostring(ET.fromstring(plain)) == ET.tostring(ET.fromstring(text))  # noqa: S314 - our own


@given(DOCUMENTS)
def test_each_byte_alone_gives_the_same_text_as_all_at_once(text: bytes) -> None:
    alone = b"".join(plain_markup(bytes([byte]) for byte in text))

    assert alone == b"".join(plain_markup([text]))


@given(DOCUMENTS)
def test_a_plain_text_stays_as_it_is(text: bytes) -> None:
    plain = b"".join(plain_markup([text]))

    assert b"".join(plain_markup([plain])) == plain


def test_a_text_comes_again_only_where_it_is_not_plain() -> None:
    chunks = Markup([b"<A>1</A>", b"<!-- a --><A>", b"2<?b?></A>", b"<A/>"])

    assert not chunks.take_back(next(chunks))
    assert chunks.take_back(next(chunks))
    assert b"".join(chunks) == b"<A>2</A><A/>"


@pytest.mark.parametrize("aside", ["<!-- a > b < c -->", "<?ours x?>", "<![CDATA[]]>"])
@pytest.mark.parametrize("begins", [0, 70_000])
def test_what_is_no_element_leaves_splitting_to_native_code(
    aside: str, begins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the start, or behind the sample by which columns are settled."""
    monkeypatch.setattr(tokens, "_split_any", None)
    rows = [
        f"<Row>{aside if k >= begins else ''}<A>Größe {k}</A></Row>"
        for k in range(begins + 2_000)
    ]

    table = read(f"<Rows>{''.join(rows)}</Rows>", ROW, content_type="text/xml")

    assert table.column("A").to_pylist() == [f"Größe {k}" for k in range(len(rows))]


@pytest.mark.slow
def test_cdata_sections_are_texts_wherever_the_document_begins_to_have_them() -> None:
    plain = "<Row><A>a &amp; b</A></Row>" * 60_000
    sections = "<Row><A>a <![CDATA[& b]]></A></Row>" * 60_000

    table = read(f"<Rows>{plain}{sections}</Rows>", ROW, content_type="text/xml")

    assert table.column("A").to_pylist() == ["a & b"] * 120_000


def by_the_byte(text: str, batch_bytes: int, findings: Findings) -> list[object]:
    """Read a text of which no more is at hand than is asked for."""
    data = text.encode()
    schema, batches = open_xml(
        (data[k : k + 1] for k in range(len(data))),
        data,
        ROW,
        ReadOptions(batch_bytes=batch_bytes, findings=findings),
    )
    table = pa.Table.from_batches(batches, schema)
    return list(table.column("A").to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", ["a<![CDATA[b]]>c", "ab<!-- x -->c", "<?x?>abc", "abc<!-- x -->"]
)
@pytest.mark.parametrize("start", ["<Head>", "<Head k='x>y'>"])
def test_a_text_beside_the_records_is_whole_wherever_a_buffer_ends(
    head: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_SAMPLE", 1)
    text = f"<Rows>{start}{head}</Head><Row><A>1</A></Row><Row><A>2</A></Row></Rows>"

    for size in range(1, len(text) + 1):
        findings = Findings()

        assert by_the_byte(text, size, findings) == ["1", "2"]
        assert findings.document_fields["Head"] == "abc"


@pytest.mark.parametrize("middle", ["x", "<![CDATA[x]]>", "<!-- c -->x", "<?x?>x"])
@pytest.mark.parametrize("start", ["<Row>", "<Row k='x>y'>"])
def test_text_between_records_is_an_error_wherever_a_buffer_ends(
    middle: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_SAMPLE", 1)
    row = f"{start}<A>1</A></Row>"

    for size in range(1, 4 * len(row)):
        with pytest.raises(ParseError, match="between elements"):
            by_the_byte(f"<Rows>{row}{row}{middle}{row}</Rows>", size, Findings())

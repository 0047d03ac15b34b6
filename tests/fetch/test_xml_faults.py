from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from spreports.catalog import Column, ReportType, Table, lookup
from spreports.errors import DecodeError, DocumentError, ParseError
from spreports.fetch.decode import decode
from spreports.fetch.document import open_batches
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.xml.document import open_xml
from tests.fetch.documents import opener, read
from tests.fetch.xml_shapes import count, document

ORDERS = lookup("orders_xml")
KIND = ReportType(
    report_type="GET_TEST",
    format="xml",
    tables=(
        Table(
            name="records",
            path="Rows/Row",
            columns=(Column(name="A"), Column(name="L[]/N", dtype="int64")),
        ),
    ),
)
SMALL = (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<Rows>\n<Row><A>Größe &amp;'
    '</A><L k="a>b"><N>1</N></L><!-- c --></Row><Row><A><![CDATA[<x>]]></A></Row>'
    "</Rows>\n"
)
SMALL_ROWS = [
    {"A": "Größe &", "L": [{"N": 1, "@k": "a>b"}]},
    {"A": "<x>", "L": []},
]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def in_chunks(data: bytes, size: int, batch_bytes: int) -> list[dict[str, Any]]:
    """Read a text that arrives in small chunks."""

    def text() -> Any:
        yield from decode(pieces(data, size), "utf-8")

    schema, batches = open_xml(
        text(),
        data[:1024],
        KIND,
        ReadOptions(batch_bytes=batch_bytes),
    )
    found = [row for batch in batches for row in batch.to_pylist()]
    assert all(set(row) == set(schema.names) for row in found)
    return found


@pytest.mark.parametrize("size", range(1, 40))
def test_where_chunks_end_never_matters(size: int) -> None:
    for batch_bytes in (1, size, 64, 4096):
        assert in_chunks(SMALL.encode(), size, batch_bytes) == SMALL_ROWS


def test_a_document_cut_anywhere_is_an_error_never_fewer_rows() -> None:
    data = SMALL.encode()
    end = data.rindex(b">") + 1

    for cut in range(end):
        with pytest.raises(DocumentError):
            read(data[:cut], KIND, content_type="text/xml")
    for cut in range(end, len(data) + 1):
        assert read(data[:cut], KIND).to_pylist() == SMALL_ROWS


@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_document_cut_at_any_chunk_is_an_error(size: int) -> None:
    data = SMALL.encode()
    for cut in range(size, data.rindex(b">"), size):
        with pytest.raises(DocumentError):
            in_chunks(data[:cut], size, 16)


def test_a_changed_byte_of_the_structure_is_an_error() -> None:
    data = (
        b"<Rows><Row><A>x</A><L><N>1</N></L></Row>"
        b"<Row><A>y</A><L/></Row><Row><A>z</A></Row></Rows>"
    )
    sound = read(data, KIND).to_pylist()
    structure = [
        position
        for position, byte in enumerate(data)
        if byte in b"<>/" or data[position - 1] in b"</"
    ]
    for position in structure:
        for byte in b"<>/ x&":
            changed = bytearray(data)
            changed[position] = byte
            try:
                found = read(bytes(changed), KIND, content_type="text/xml").to_pylist()
            except DocumentError:
                continue
            # Well-formed all the same: another name for an empty element, or a blank
            assert len(found) == len(sound)


def test_the_error_says_where() -> None:
    with pytest.raises(ParseError, match="at byte 19 of its text: mismatched tag"):
        read("<Rows><Row>secret</A></Row></Rows>", KIND)


def test_a_late_fault_is_raised_behind_the_rows_before_it() -> None:
    data = b"<Rows>" + b"<Row><A>1</A></Row>" * 200_000 + b"</Rowz>"
    reader = open_batches(opener(data), KIND, content_type="text/xml")
    rows: list[int] = []

    with pytest.raises(ParseError, match="mismatched tag"):
        rows.extend(batch.num_rows for batch in reader)

    assert sum(rows) > 50_000


@pytest.mark.parametrize("tail", ["<Rows/>", "x", "</Rows>", "<", "&amp;", "\0"])
def test_a_foreign_tail_is_an_error(tail: str) -> None:
    with pytest.raises(ParseError):
        read(f"<Rows><Row><A>1</A></Row></Rows>{tail}", KIND)


LAUGHS = (
    '<!DOCTYPE Rows [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Rows><Row><A>&c;</A></Row></Rows>'
)
FILE = (
    '<!DOCTYPE Rows [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<Rows><Row><A>&x;</A></Row></Rows>"
)
OUTSIDE = '<!DOCTYPE Rows SYSTEM "http://127.0.0.1:9/x.dtd">'
DEFAULT = '<!DOCTYPE Rows [<!ATTLIST A k CDATA "v">]><Rows><Row><A>1</A></Row></Rows>'


@pytest.mark.parametrize("text", [LAUGHS, FILE, DEFAULT])
def test_a_declaration_of_entities_or_defaults_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="DOCTYPE"):
        read(text, KIND)


@pytest.mark.parametrize("inside", ["&x;", "<B k='&x;'/>", "&#0;", "&amp", "&;"])
def test_a_reference_to_nothing_is_an_error(inside: str) -> None:
    for doctype in ("", OUTSIDE):
        with pytest.raises(ParseError):
            read(f"{doctype}<Rows><Row><A>{inside}</A></Row></Rows>", KIND)


def test_an_external_document_type_is_not_fetched() -> None:
    table = read(f"{OUTSIDE}<Rows><Row><A>1</A></Row></Rows>", KIND)

    assert table.to_pylist() == [{"A": "1", "L": []}]


def test_elements_may_be_a_hundred_deep_and_no_deeper() -> None:
    inner = "<x>" * 98, "</x>" * 98

    assert read(f"<Rows><Row>{inner[0]}1{inner[1]}</Row></Rows>", KIND).num_rows == 1
    for deep in (99, 200_000):
        text = f"<Rows><Row>{'<x>' * deep}{'</x>' * deep}</Row></Rows>"
        with pytest.raises(ParseError, match="100 deep"):
            read(text, KIND)


def test_endless_kinds_of_elements_are_refused() -> None:
    text = "".join(f"<e{k}>1</e{k}>" for k in range(6_000))

    with pytest.raises(ParseError, match="more than 5000"):
        read(f"<Rows><Row>{text}</Row></Rows>", KIND)


def test_endless_attributes_are_refused() -> None:
    for quote in "'\"":
        text = " ".join(f"a{k}={quote}1{quote}" for k in range(6_000))

        with pytest.raises(ParseError, match="more than 5000 attributes"):
            read(f"<Rows><Row {text}/></Rows>", KIND)


@pytest.mark.slow
def test_a_comment_without_an_end_is_read_in_linear_time() -> None:
    start = time.process_time()
    with pytest.raises(ParseError):
        read(b"<Rows><!-- " + b"x" * (24 << 20), KIND)

    assert time.process_time() - start < 60  # else it takes hours


@pytest.mark.slow
def test_a_record_or_a_tag_without_end_is_refused_at_64_mebibytes() -> None:
    much = b"x" * (70 << 20)
    for inside in (b"<A>%b</A>", b"<A>1</A><!--%b%b-->", b"<A k='%b'/>"):
        with pytest.raises(ParseError, match="64 MiB"):
            read(b"<Rows><Row>%b</Row></Rows>" % inside.replace(b"%b", much), KIND)


def test_text_between_elements_is_an_error() -> None:
    for text in ("<Rows>x<Row/></Rows>", "<Rows><Row><L>x<N>1</N></L></Row></Rows>"):
        with pytest.raises(ParseError, match="between elements"):
            read(text, KIND)


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("UTF-16BE", "utf-16-be"),
        ("ISO-8859-1", "latin-1"),
        ("Windows-1252", "cp1252"),
        ("Windows-31J", "cp932"),
        ("Shift_JIS", "cp932"),
        ("EUC-JP", "euc-jp"),
        ("UTF-16", "utf-8"),
    ],
)
def test_the_declared_charset_or_the_byte_order_mark_counts(
    label: str, codec: str
) -> None:
    value = "漢字" if codec in {"cp932", "euc-jp"} else "Größe"
    declaration = f"<?xml version='1.0' encoding='{label}'?>"
    text = f"{declaration}<Rows><Row><A>{value}</A></Row></Rows>"

    table = read(text.encode(codec), KIND, content_type="text/xml")

    assert table.to_pylist() == [{"A": value, "L": []}]


def test_the_callers_encoding_and_the_answers_charset_serve_without_a_declaration() -> (
    None
):
    data = "<Rows><Row><A>Größe</A></Row></Rows>".encode("cp1252")

    by_caller = read(data, KIND, encoding="cp1252")
    by_answer = read(data, KIND, content_type="text/xml;charset=Cp1252")

    assert by_caller["A"].to_pylist() == by_answer["A"].to_pylist() == ["Größe"]
    with pytest.raises(DecodeError):
        read(data, KIND, content_type="text/xml")


def test_a_wrong_declaration_is_an_error_with_the_bytes_place() -> None:
    text = "<?xml version='1.0' encoding='UTF-8'?><Rows><Row><A>Größe</A></Row></Rows>"
    data = text.encode("cp1252")

    with pytest.raises(DecodeError) as caught:
        read(data, KIND)

    assert caught.value.offset == data.index(b"\xf6")


@pytest.mark.parametrize("label", ["UTF-7", "unicode_escape", "x-new", "EBCDIC-US"])
def test_a_declared_charset_off_the_list_is_refused(label: str) -> None:
    with pytest.raises(DecodeError, match="charset"):
        read(f"<?xml version='1.0' encoding='{label}'?><Rows/>", KIND)


def test_an_error_page_in_the_documents_place_is_named() -> None:
    page = "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"

    with pytest.raises(ParseError, match="an S3 error"):
        read(page, ORDERS)
    with pytest.raises(ParseError, match="HTML"):
        read("<!DOCTYPE html><html><body>no</body></html>", ORDERS)


def test_five_hundred_changed_documents_give_typed_errors_or_rows() -> None:
    draw = random.Random(7)  # noqa: S311 - seeded data, no secrets
    whole = document(ORDERS, 3, 6).encode()
    marks = [
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"\xff",
        b"\0",
        b'"',
        b"/",
    ]
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 5))):
            place = draw.randrange(len(data))
            match draw.randrange(4):
                case 0:
                    data[place] = draw.randrange(256)
                case 1:
                    del data[place : place + draw.randrange(1, 40)]
                case 2:
                    data[place:place] = draw.choice(marks)
                case _:
                    data[place:place] = data[: draw.randrange(60)]
        try:
            found = read(bytes(data), ORDERS, compress=False, on_bad_value="null")
        except DocumentError:
            continue
        # Well-formed all the same: the stdlib counts as many
        assert found.num_rows == count(ORDERS, bytes(data))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_document() -> None:
    peaks = []
    for records in (200_000, 800_000):
        row = b"<Row><A>abcdefgh</A><L><N>1</N></L></Row>\n"
        data = b"<Rows>" + row * records + b"</Rows>"
        tracemalloc.start()
        for _ in open_batches(opener(data), KIND, content_type="text/xml"):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2

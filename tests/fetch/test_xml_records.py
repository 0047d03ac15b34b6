from __future__ import annotations

import gc
import io
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table, lookup
from spreports.errors import ParseError
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from spreports.fetch.read_options import ReadOptions
from tests.fetch.documents import opener, read
from tests.fetch.xml_shapes import XML_TYPES, document, expected

ORDERS = lookup("orders_xml")


def of(*names: str, path: str = "Rows/Row", **dtypes: str) -> ReportType:
    columns = [Column(name=name, dtype=dtypes.get(name, "string")) for name in names]
    table = Table(name="records", path=path, columns=tuple(columns))
    return ReportType(report_type="GET_TEST", format="xml", tables=(table,))


def rows(text: str | bytes, kind: ReportType, **options: Any) -> list[dict[str, Any]]:
    table = read(text, kind, content_type="text/xml", **options)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


@pytest.mark.parametrize("kind", XML_TYPES, ids=lambda kind: kind.report_type)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_catalogued_shape_reads_as_the_stdlib_reads_it(
    kind: ReportType, seed: int
) -> None:
    text = document(kind, seed, 30)

    findings = Findings()
    table = read(text, kind, content_type="text/xml", findings=findings)

    assert table.to_pylist() == expected(kind, text)
    assert findings.rows == 30
    assert findings.unknown_columns == ()
    assert findings.unplaced == {}


@pytest.mark.slow
@given(st.integers(1, 3000), st.integers(0, 99))
@settings(max_examples=20)
def test_where_buffers_end_never_matters(batch_bytes: int, seed: int) -> None:
    text = document(ORDERS, seed, 12)

    assert rows(text, ORDERS, batch_bytes=batch_bytes) == expected(ORDERS, text)


def test_a_buffer_that_begins_small_grows_to_its_record() -> None:
    text = document(lookup("settlement_xml"), 5, 3)

    assert rows(text, lookup("settlement_xml"), batch_bytes=1) == expected(
        lookup("settlement_xml"), text
    )


def test_an_order_has_its_items_as_a_list_even_if_it_is_one() -> None:
    text = """<?xml version="1.0"?><AmazonEnvelope><Message><Order>
      <AmazonOrderID>1</AmazonOrderID>
      <PurchaseDate>2026-01-02T03:04:05+01:00</PurchaseDate>
      <OrderItem><SKU>007</SKU><Quantity>2</Quantity><ItemPrice><Component>
        <Type>Principal</Type><Amount currency="EUR">12.30</Amount>
      </Component></ItemPrice></OrderItem></Order></Message></AmazonEnvelope>"""

    [row] = rows(text, ORDERS)

    assert row["AmazonOrderID"] == "1"
    assert row["PurchaseDate"] == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    [item] = row["OrderItem"]
    assert item["SKU"] == "007"
    assert item["Quantity"] == 2
    assert item["ItemPrice/Component"] == [
        {"Type": "Principal", "Amount": Decimal("12.30"), "Amount/@currency": "EUR"}
    ]


def test_the_other_form_has_a_struct_for_what_has_parts() -> None:
    kind = of("A/B", "A/C", "L[]/P/Q", "L[]/P/Q/@r", "D")
    text = '<Rows><Row><A><B>1</B></A><L><P><Q r="x">2</Q></P></L></Row></Rows>'

    assert rows(text, kind, nested="struct") == [
        {
            "A": {"B": "1", "C": None},
            "L": [{"P": {"Q": {"text()": "2", "@r": "x"}}}],
            "D": None,
        }
    ]
    assert rows(text, kind) == [
        {"A/B": "1", "A/C": None, "L": [{"P/Q": "2", "P/Q/@r": "x"}], "D": None}
    ]


@pytest.mark.parametrize("empty", ["<A/>", "<A></A>", "<A />", "<A\n/>"])
def test_an_empty_element_is_null_and_as_text_empty(empty: str) -> None:
    text = f"<Rows><Row>{empty}<B>1</B></Row><Row><B>2</B></Row></Rows>"

    assert [row["A"] for row in rows(text, of("A", "B"))] == [None, None]
    assert [row["A"] for row in rows(text, of("A", "B"), typed=False)] == ["", None]


def test_text_comes_whole_through_references_cdata_and_comments() -> None:
    text = (
        "<Rows><Row><A>a &amp; b&#33;&#x20AC;<![CDATA[<x>&amp;]]> c<!-- no --> d</A>"
        "<B k='&lt;1 > 2&#10;\n'> x\r\ny </B></Row></Rows>"
    )

    assert rows(text, of("A", "B", "B/@k")) == [
        {"A": "a & b!€<x>&amp; c d", "B": " x\ny ", "B/@k": "<1 > 2\n "}
    ]


def test_prefixes_of_namespaces_are_left_out() -> None:
    text = (
        '<n:Rows xmlns:n="urn:x" xmlns="urn:y"><n:Row xmlns:z="u">'
        '<n:A n:k="1">v</n:A></n:Row></n:Rows>'
    )

    assert rows(text, of("A", "A/@k")) == [{"A": "v", "A/@k": "1"}]


def test_elements_that_the_catalogue_lacks_stay_as_strings() -> None:
    findings = Findings()
    text = (
        "<Rows><Row><A>1</A><New>007</New><T><U v='w'>1</U><U>2</U></T></Row>"
        "<Row><A>2</A></Row></Rows>"
    )

    found = rows(text, of("A", A="int64"), findings=findings)

    assert found == [
        {
            "A": 1,
            "New": "007",
            "T/U": [{"text()": "1", "@v": "w"}, {"text()": "2", "@v": None}],
        },
        {"A": 2, "New": None, "T/U": []},
    ]
    assert findings.unknown_columns == ("New", "T/U[]", "T/U[]/@v")


@pytest.mark.parametrize(
    ("column", "twice"),
    [
        ("A", "<A>1</A><A>2</A>"),
        ("B/A", "<B><A>1</A></B><B><A>2</A></B>"),
        ("L[]/A", "<L><A>1</A><A>2</A></L>"),
    ],
)
def test_a_known_element_that_repeats_from_the_start_is_a_bad_value_like_a_late_one(
    column: str, twice: str
) -> None:
    kind, findings = of(column, **{column: "int64"}), Findings()
    text = f"<Rows><Row>{twice}</Row></Rows>"
    once = f"<Rows><Row>{twice.replace('<A>2</A>', '')}</Row></Rows>"

    with pytest.raises(ParseError, match="not a single element") as caught:
        read(text, kind)
    nulled = read(text, kind, on_bad_value="null", findings=findings)
    rescued = read(text, kind, on_bad_value="rescue")

    assert caught.value.column == column
    assert nulled.equals(read(once, kind))
    assert findings.bad_cells == {column: 1}
    assert rescued["_rescued"].to_pylist() == [f'{{"{column}": "2"}}']


@pytest.mark.parametrize("typed", [True, False])
def test_what_repeats_in_the_place_of_one_is_never_left_out_unasked(
    typed: bool,
) -> None:
    kind, findings = of("A"), Findings()
    text = "<Rows><Row><A>x</A><A>y</A></Row></Rows>"

    with pytest.raises(ParseError, match="'rescue' keeps") as caught:
        read(text, kind, typed=typed)
    nulled = read(text, kind, typed=typed, on_bad_value="null", findings=findings)
    rescued = read(text, kind, typed=typed, on_bad_value="rescue")

    assert "typed=False" not in str(caught.value)
    assert nulled.to_pylist() == [{"A": "x"}]
    assert findings.bad_cells == {"A": 1}
    assert rescued.to_pylist() == [{"A": "x", "_rescued": '{"A": "y"}'}]


def test_an_unknown_element_that_repeats_in_a_known_one_is_a_list() -> None:
    text = "<Rows><Row><B><A>1</A><N>x</N><N>y</N></B></Row></Rows>"

    assert rows(text, of("B/A", **{"B/A": "int64"})) == [{"B/A": 1, "B/N": ["x", "y"]}]


def late(record: str) -> str:
    plain = "<Row><A>1</A></Row>" * 80_000
    return f"<Rows>{plain}<Row>{record}</Row></Rows>"


def test_what_appears_late_is_counted_and_kept_where_it_is_rescued() -> None:
    text = late("<A>2</A><New k='v'>x</New>")
    findings = Findings()

    plain = read(text, of("A"), findings=findings)
    rescued = read(text, of("A"), on_bad_value="rescue")

    assert plain.column_names == ["A"]
    assert findings.unplaced == {"New": 1, "New/@k": 1}
    assert rescued.to_pylist()[-1] == {
        "A": "2",
        "_rescued": '{"New": "x", "New/@k": "v"}',
    }


def test_what_appears_late_in_records_is_named_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = late("<A>2</A><New>secret</New></Row><Row><A>3</A><New>secret</New>")
    around = "<Sum><N>1</N><N>2</N></Sum></Rows>"
    findings = Findings()

    read(text.replace("</Rows>", around), of("A"), findings=findings)

    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("2 values of 'New' are left out")
    assert "secret" not in line
    assert findings.unplaced == {"New": 2, "Sum/N": 1}


def test_a_value_that_stands_twice_late_does_not_fit_its_column() -> None:
    text = late("<A>2</A><A>3</A>")

    with pytest.raises(ParseError, match="column 'A': not a single") as caught:
        read(text, of("A"))
    findings = Findings()
    table = read(text, of("A"), on_bad_value="null", findings=findings)

    assert caught.value.row == 80_001
    assert table.column("A")[-1].as_py() == "2"
    assert findings.bad_cells == {"A": 1}


def test_a_value_that_does_not_fit_its_type_names_record_and_column() -> None:
    kind = of("A", "L[]/N", **{"L[]/N": "int64"})
    text = (
        "<Rows><Row><L><N>1</N></L></Row>"
        "<Row><L><N>2</N></L><L><N>secret</N></L></Row></Rows>"
    )

    with pytest.raises(ParseError) as caught:
        rows(text, kind)
    findings = Findings()
    nulled = rows(text, kind, on_bad_value="null", findings=findings)
    rescued = rows(text, kind, on_bad_value="rescue")

    assert caught.value.row == 2
    assert caught.value.column == "L[]/N"
    assert "secret" not in str(caught.value)
    assert nulled[1]["L"] == [{"N": 2}, {"N": None}]
    assert findings.bad_cells == {"L[]/N": 1}
    assert [row["_rescued"] for row in rescued] == [None, '{"L[]/N": "secret"}']


def test_typed_false_leaves_every_value_text() -> None:
    text = "<Rows><Row><A> 01 </A><L><N>x</N></L></Row></Rows>"

    assert rows(text, of("A", "L[]/N", A="int64"), typed=False) == [
        {"A": " 01 ", "L": [{"N": "x"}]}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<AmazonEnvelope/>",
        "<AmazonEnvelope><Header><DocumentVersion>1</DocumentVersion></Header>"
        "<MessageType>AllOrders</MessageType></AmazonEnvelope>",
        "<AmazonEnvelope><Message/></AmazonEnvelope>",
    ],
)
def test_a_document_without_records_has_the_catalogued_schema(text: str) -> None:
    empty = read(text, ORDERS, content_type="text/xml")
    full = read(document(ORDERS, 1, 2), ORDERS, content_type="text/xml")

    assert empty.num_rows == 0
    assert empty.schema == full.schema


def test_fields_around_the_records_are_findings_and_go_to_the_caller() -> None:
    seen: list[dict[str, object]] = []
    findings = Findings()
    text = (
        "<AmazonEnvelope version='1'><Header><MerchantIdentifier>M1"
        "</MerchantIdentifier></Header><MessageType>AllOrders</MessageType>"
        "<Message><MessageID>1</MessageID><Order><AmazonOrderID>1</AmazonOrderID>"
        "</Order></Message></AmazonEnvelope>"
    )

    table = read(
        text,
        ORDERS,
        content_type="text/xml",
        findings=findings,
        on_fields=lambda fields: seen.append(dict(fields)),
    )

    assert table.num_rows == 1
    assert findings.document_fields == {
        "@version": "1",
        "Header/MerchantIdentifier": "M1",
        "MessageType": "AllOrders",
        "Message/MessageID": "1",
    }
    assert seen == [findings.document_fields]
    assert "SalesChannel" in findings.missing_columns


def test_what_the_caller_raises_about_the_fields_passes_through() -> None:
    def refuse(_fields: object) -> None:
        raise LookupError("another request's")

    with pytest.raises(LookupError, match="another"):
        rows("<Rows><Row><A>1</A></Row></Rows>", of("A"), on_fields=refuse)


UNKNOWN = ReportType(report_type="GET_NEW", known=False)
FOUND = [
    ("<Result><Node><a>1</a></Node><Node><a>2</a></Node></Result>", ["1", "2"]),
    ("<R><Head><v>1</v></Head><I><a>1</a></I><I><a>2</a></I></R>", ["1", "2"]),
    ("<R><Items><I><a>1</a></I><I><a>2</a></I></Items></R>", ["1", "2"]),
    ("<R><Node><a>1</a><ids><id>7</id><id>8</id></ids></Node></R>", ["1"]),
    (
        "<E><Header><v>1</v></Header><Message><MessageID>1</MessageID><O><a>1</a></O>"
        "</Message><Message><MessageID>2</MessageID><O><a>2</a></O></Message></E>",
        ["1", "2"],
    ),
    ("<E><Message><O><a>1</a></O><O><a>2</a></O></Message></E>", ["1", "2"]),
]


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_the_record_of_an_unknown_type_is_found(text: str, values: list[str]) -> None:
    assert [row["a"] for row in rows(text, UNKNOWN)] == values


@pytest.mark.parametrize(
    "text",
    [
        "<R><A><x>1</x></A><A><x>1</x></A><B><y>1</y></B><B><y>1</y></B></R>",
        "<R><a>1</a><b>2</b></R>",
        "<R/>",
        "<E><Message><O><a>1</a></O><P><a>2</a></P></Message></E>",
    ],
)
def test_a_record_that_cannot_be_told_is_an_error_that_says_so(text: str) -> None:
    with pytest.raises(ParseError, match="which element is the record"):
        rows(text, UNKNOWN)


def test_catalogued_columns_tell_the_record_where_its_name_is_not_known() -> None:
    kind = lookup("pending_orders_xml")
    text = (
        "<E><Message><Pending><AmazonOrderID>1</AmazonOrderID><OrderDate>2026-01-01"
        "T00:00:00Z</OrderDate><Item><SKU>s</SKU></Item></Pending></Message></E>"
    )

    [row] = rows(text, kind)

    assert row["AmazonOrderID"] == "1"
    assert row["Item"][0]["SKU"] == "s"


def test_a_reader_that_is_dropped_early_leaves_no_thread_and_no_open_file() -> None:
    streams: list[io.BytesIO] = []

    def opened() -> io.BytesIO:
        streams.append(io.BytesIO(late("<A>1</A>").encode()))
        return streams[-1]

    reader = open_batches(opened, of("A"), ReadOptions(batch_bytes=9_999))
    reader.read_next_batch()
    reader.close()
    del reader
    gc.collect()

    assert [stream.closed for stream in streams] == [True]
    assert all("read-ahead" not in thread.name for thread in threading.enumerate())


def test_another_kind_of_document_is_an_error_not_zero_rows() -> None:
    other = (
        "<AmazonEnvelope><Message><Thing><a>1</a></Thing></Message></AmazonEnvelope>"
    )

    for text in (other, "<Error><Message>no</Message></Error>"):
        with pytest.raises(ParseError):
            rows(text, ORDERS)


def test_batches_come_before_the_document_is_read_to_its_end() -> None:
    document = opener(late("<A>1</A>").encode())
    reader = open_batches(document, of("A"), ReadOptions(batch_bytes=9_999))

    first = reader.read_next_batch()

    assert isinstance(first, pa.RecordBatch)
    assert 0 < first.num_rows < 2_000
    reader.close()


def test_an_element_of_the_name_that_is_ours_has_a_number() -> None:
    text = "<Rows><Row><A>many</A><_rescued>mine</_rescued></Row></Rows>"

    got = rows(text, of("A", A="int64"), on_bad_value="rescue")

    assert got == [{"A": None, "_rescued_2": "mine", "_rescued": '{"A": "many"}'}]


def test_elements_within_a_list_of_texts_have_columns_of_their_own() -> None:
    kind, findings = of("Ids[]"), Findings()
    text = "<Rows><Row><Ids>{}</Ids><Ids v='1'>B</Ids></Row></Rows>"

    (nested,) = rows(text.format("<Id>A</Id>"), kind, findings=findings)

    assert rows(text.format("A"), kind) == [{"Ids": ["A", "B"]}]
    assert [each["Id"] for each in nested["Ids"]] == ["A", None]
    assert [each["text()"] for each in nested["Ids"]] == [None, "B"]
    assert findings.unknown_columns == ("Ids[]/Id",)


def test_of_two_attributes_that_differ_by_their_prefix_none_is_lost() -> None:
    text = '<Rows xmlns:a="u" xmlns:b="v"><Row a:k="1" b:k="2"><A>x</A></Row></Rows>'

    assert rows(text, of("A")) == [{"A": "x", "@k": "1", "@b:k": "2"}]

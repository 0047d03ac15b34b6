"""Stored bytes that nothing can be read from are brought again by the next call."""

from __future__ import annotations

import gzip
import zipfile
from collections import deque
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon, Fault, error
from tests.stand_in.document_host import Delivery, Held
from tests.stand_in.kept import Plot
from tests.stand_in.texts import ORDERS, many_orders, packed

STORED = packed(many_orders(9))
# Sound gzip, as far as a download looks
PAGE = gzip.compress(b"sorry\tplease\n" + b"wait\n" * 99)

Way = Callable[[spr.Document, Path], object]
ROWS: dict[str, Way] = {
    "read": lambda document, _: document.read(),
    "scan": lambda document, _: document.scan(),
    "a Parquet sink": lambda document, folder: document.sink(folder),
    "a Delta sink": lambda document, folder: document.sink(folder, format="delta"),
    "batches": lambda document, _: document.batches().read_all(),
    "an Arrow stream": lambda document, _: pa.RecordBatchReader.from_stream(
        document
    ).read_all(),
    "drift": lambda document, _: document.drift(),
    "fields": lambda document, _: document.fields(),
}
WAYS: dict[str, Way] = {
    **ROWS,
    "save": lambda document, folder: document.save(folder.with_suffix(".tsv")),
    "tables": lambda document, _: document.tables,
}

# Across Arrow's C interface goes the text of an error, and not its type
UNREADABLE = (spr.ParseError, spr.DecompressError, pa.ArrowInvalid)


def archive(name: str) -> bytes:
    """Return a ZIP archive of one empty file."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as files:
        files.writestr(name, "")
    return made.getvalue()


def broken_once(name: str = "d1") -> Held:
    return Held(name, STORED, deliveries=deque([Delivery(body=PAGE, etag=False)]))


@pytest.mark.parametrize("name", ROWS)
def test_after_a_call_that_fails_the_next_one_brings_the_document_again(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str
) -> None:
    amazon.hold(broken_once())
    document = client.document("d1", report_type=ORDERS)

    with pytest.raises(UNREADABLE):
        ROWS[name](document, tmp_path / "rows")
    assert amazon.count("getReportDocument") == 1
    ROWS[name](document, tmp_path / "rows")
    ROWS[name](document, tmp_path / "rows")
    assert amazon.count("getReportDocument") == 2


def test_after_tables_that_cannot_be_told_the_document_is_brought_again(
    client: spr.Client, amazon: Amazon
) -> None:
    whole = b'{"sold": [{"sku": "1"}], "returned": [{"sku": "2"}]}'
    cut = Delivery(body=whole[:-9], etag=False)
    amazon.hold(Held("d1", whole, deliveries=deque([cut])))
    document = client.document("d1", report_type="GET_WHAT_IS_NOT_KNOWN")

    with pytest.raises(spr.ParseError):
        assert document.tables
    assert document.tables == ("sold", "returned")
    assert amazon.count("getReportDocument") == 2


@pytest.mark.parametrize("name", ROWS)
def test_a_document_that_is_broken_at_amazon_is_brought_twice_and_no_more(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str
) -> None:
    amazon.hold(Held("d1", PAGE, always=Delivery(etag=False)))
    document = client.document("d1", report_type=ORDERS)

    for brought in (1, 2, 2, 2):
        with pytest.raises(UNREADABLE):
            ROWS[name](document, tmp_path / "rows")
        assert amazon.count("getReportDocument") == brought


@pytest.mark.parametrize("name", ROWS)
def test_what_amazon_has_proved_to_hold_is_told_with_the_way_to_another_report(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str
) -> None:
    ragged = packed(many_orders(9).removesuffix("\r\n") + "\tand more\r\n")
    held = Held("d1", ragged, always=Delivery(etag=False))
    amazon.plot(ORDERS, Plot(("DONE",), held))
    client.reports(ORDERS, start="7d", marketplaces=["DE"]).wait()
    document = client.document("d1", report_type=ORDERS)

    for told in (False, True, True):
        with pytest.raises(UNREADABLE) as caught:
            ROWS[name](document, tmp_path / "rows")
        assert ("reuse=False" in str(caught.value)) is told


def test_of_a_document_that_nobody_here_asked_for_no_other_report_is_advised(
    client: spr.Client, amazon: Amazon
) -> None:
    ragged = packed(many_orders(9).removesuffix("\r\n") + "\tand more\r\n")
    amazon.hold(Held("d1", ragged))

    for report_type in (ORDERS, None, None):
        with pytest.raises(spr.ParseError, match="cells where") as caught:
            client.document("d1", report_type=report_type).read()
        assert "reuse=False" not in str(caught.value)
        assert "report_type=" not in str(caught.value)  # it has too many cells


@pytest.mark.parametrize(
    "stored",
    [
        b"%PDF-1.4 of something",
        archive("invoice.pdf"),
        b"<a><b>1</b></a>",
    ],
    ids=["pdf", "zip", "xml"],
)
def test_of_what_is_sound_and_no_table_no_other_report_is_advised(
    client: spr.Client, amazon: Amazon, stored: bytes
) -> None:
    amazon.hold(Held("d1", stored))
    document = client.document("d1", report_type="FBA_BULK_INVOICE")

    for _ in range(3):
        with pytest.raises(spr.ParseError) as caught:
            document.read()
        assert "reuse=False" not in str(caught.value)
        assert str(caught.value).endswith(
            ("save(path) keeps it)", "keeps the bytes)", "to the catalogue)")
        )


@pytest.mark.parametrize("etag", [True, False], ids=["md5", "no md5"])
@pytest.mark.parametrize("name", WAYS)
def test_bytes_that_the_disk_has_damaged_are_brought_again(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str, etag: bool
) -> None:
    amazon.hold(Held("d1", STORED, always=Delivery(etag=etag)))
    document = client.document("d1", report_type=ORDERS)
    document.read()
    (path,) = (tmp_path / "home" / "documents").glob("*/d1")
    path.write_bytes(STORED[:12] + bytes(len(STORED) - 12))

    with pytest.raises(UNREADABLE):
        WAYS[name](document, tmp_path / "rows")
    assert amazon.count("getReportDocument") == 1
    WAYS[name](document, tmp_path / "rows")
    assert amazon.count("getReportDocument") == 2
    assert path.read_bytes() == STORED


def test_bytes_of_which_the_disk_has_lost_some_are_brought_again_at_once(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    text = many_orders(9).encode()
    amazon.hold(Held("d1", text))
    document = client.document("d1", report_type=ORDERS)
    whole = document.read()
    (path,) = (tmp_path / "home" / "documents").glob("*/d1")
    # At the end of a line, so that what is left is sound
    path.write_bytes(text[: text.rindex(b"\n", 0, -1) + 1])

    assert document.read().equals(whole)
    assert amazon.count("getReportDocument") == 2


@pytest.mark.slow
def test_a_cell_that_fails_in_the_last_batch_puts_the_bytes_in_doubt(
    client: spr.Client, amazon: Amazon
) -> None:
    text = many_orders(60_000)
    lines = text.splitlines(keepends=True)
    wrong = packed("".join([*lines[:-1], lines[-1].replace(".", "?")]))
    once = deque([Delivery(body=wrong, etag=False)])
    amazon.hold(Held("d1", packed(text), deliveries=once))
    document = client.document("d1", report_type=ORDERS)

    reader = document.batches()
    assert reader.read_next_batch().num_rows
    assert amazon.count("getReportDocument") == 1
    with pytest.raises(spr.ParseError):
        reader.read_all()
    assert document.batches().read_all().num_rows == 60_000
    assert amazon.count("getReportDocument") == 2


@pytest.mark.slow
def test_a_reader_that_outlives_its_client_tells_what_is_wrong_with_its_bytes(
    client: spr.Client, amazon: Amazon
) -> None:
    text = many_orders(60_000).removesuffix("\r\n") + "?\r\n"
    amazon.hold(Held("d1", packed(text), always=Delivery(etag=False)))

    reader = client.document("d1", report_type=ORDERS).batches()
    client.close()
    with pytest.raises(spr.ParseError):
        reader.read_all()


@pytest.mark.parametrize("name", ROWS)
def test_a_document_in_doubt_that_amazon_has_no_more_is_asked_for_once(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str
) -> None:
    amazon.hold(Held("d1", PAGE, always=Delivery(etag=False)))
    document = client.document("d1", report_type=ORDERS)

    for brought in (1, 2, 2, 2):
        with pytest.raises(UNREADABLE):
            ROWS[name](document, tmp_path / "rows")
        assert amazon.count("getReportDocument") == brought
        amazon.documents.clear()


def test_a_refusal_that_is_not_about_a_document_leaves_it_in_doubt(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(broken_once())
    document = client.document("d1", report_type=ORDERS)
    with pytest.raises(UNREADABLE):
        document.read()
    amazon.script("getReportDocument", Fault(415, error("UnsupportedMedia", "x")))
    with pytest.raises(UNREADABLE):
        document.read()

    assert document.read().height == 9


LINES = many_orders(9).splitlines(keepends=True)
# One row has a price that is none, and the others have another order's
ANOTHER = packed(LINES[0] + LINES[1].replace(".", "?") + LINES[2] * 8)


@pytest.mark.parametrize("name", ["read", "scan", "batches"])
def test_no_frame_that_was_staged_outlives_the_bytes_that_it_was_made_from(
    client: spr.Client, amazon: Amazon, tmp_path: Path, name: str
) -> None:
    once = deque([Delivery(body=ANOTHER, etag=False)])
    amazon.hold(Held("d1", STORED, deliveries=once))
    document = client.document("d1", report_type=ORDERS)
    assert document.scan(on_bad_value="null").collect()["sku"].n_unique() == 2
    with pytest.raises(spr.ParseError):
        document.batches().read_all()

    ROWS[name](document, tmp_path)
    frame = document.scan(on_bad_value="null").collect()
    assert frame["sku"].n_unique() == 9
    assert frame.equals(document.read())
    assert amazon.count("getReportDocument") == 2
    staged = (tmp_path / "home" / "staged").glob("*/*")
    assert len(list(staged)) == (2 if name == "scan" else 1)


def test_a_frame_that_is_staged_is_not_shown_while_its_bytes_are_in_doubt(
    client: spr.Client, amazon: Amazon
) -> None:
    once = deque([Delivery(body=ANOTHER, etag=False)])
    amazon.hold(Held("d1", STORED, deliveries=once))
    document = client.document("d1", report_type=ORDERS)
    document.scan(on_bad_value="null")
    with pytest.raises(spr.ParseError):
        document.scan()

    frame = document.scan(on_bad_value="null").collect()
    assert frame["sku"].n_unique() == 9
    assert amazon.count("getReportDocument") == 2


def test_a_frame_stays_where_the_same_bytes_come_again(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    amazon.hold(Held("d1", ANOTHER, always=Delivery(etag=False)))
    document = client.document("d1", report_type=ORDERS)
    frame = document.scan(on_bad_value="null")
    staged = list((tmp_path / "home" / "staged").glob("*/*"))
    with pytest.raises(spr.ParseError):
        document.scan()

    assert document.scan(on_bad_value="null").collect().equals(frame.collect())
    assert list((tmp_path / "home" / "staged").glob("*/*")) == staged
    assert amazon.count("getReportDocument") == 2


@pytest.mark.parametrize("form", ["parquet", "delta"])
def test_a_sink_of_several_reports_brings_a_broken_document_once_a_call(
    client: spr.Client, amazon: Amazon, tmp_path: Path, form: str
) -> None:
    amazon.plot(
        ORDERS,
        Plot(("DONE",), Held("d1", STORED)),
        Plot(("DONE",), broken_once("d2")),
    )

    def sink() -> spr.SinkResult:
        reports = client.reports(
            "orders", start="2026-09-01", end="2026-10-30", marketplaces=["DE"]
        )
        return reports.sink(tmp_path / "rows", format=form)

    with pytest.raises(spr.ParseError):
        sink()
    assert amazon.count("getReportDocument") == 2
    assert sink().rows
    assert amazon.count("getReportDocument") == 3


@pytest.mark.parametrize("form", ["parquet", "delta"])
def test_a_sync_brings_a_document_again_that_the_last_could_not_read(
    client: spr.Client, amazon: Amazon, tmp_path: Path, form: str
) -> None:
    amazon.plot(ORDERS, Plot(("DONE",), broken_once()))
    feed = spr.Feed("orders", marketplaces=["DE"], since="1d")

    def run() -> spr.SyncResult:
        return client.sync(feed, to=tmp_path / "lake", format=form)

    assert [missing.kind for missing in run().failed] == ["ParseError"]
    assert amazon.count("getReportDocument") == 1
    done = run()
    assert (done.rows, done.failed) == (9, ())
    assert amazon.count("getReportDocument") == 2

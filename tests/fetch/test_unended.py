"""A plain file whose last line has no end may be cut there, and that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import spreports as spr
from spreports.catalog import Column
from tests.fetch.documents import cells, entry, read

PRICES = entry(Column(name="sku"), Column(name="price", dtype="decimal"))
TEXT = "sku\tprice\n" + "".join(f"A{n}\t1234.50\n" for n in range(20))
TOLD = "GET_TEST: the file does not end with a line end, it may be cut short"

pytestmark = pytest.mark.usefixtures("each_way")


@pytest.mark.parametrize("batch_bytes", [1, 50, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
def test_a_last_row_without_the_end_that_all_others_have_is_told_once(
    end: str, batch_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    cut = TEXT.removesuffix("4.50\n").replace("\n", end)

    rows = read(cut, PRICES, compress=False, batch_bytes=batch_bytes)

    assert [str(price) for _, price in cells(rows)[-2:]] == [
        "1234.500000",
        "123.000000",
    ]
    (said,) = caplog.records
    assert (said.name, said.levelname) == ("spreports.fetch", "WARNING")
    assert said.getMessage() == TOLD


def test_a_header_that_ends_with_one_of_its_names_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert read("sku", PRICES, compress=False).num_rows == 0

    assert caplog.messages == [TOLD]


@pytest.mark.parametrize("table", ["rows", "summary"])
def test_it_is_told_of_both_tables_of_a_settlement(
    table: str, caplog: pytest.LogCaptureFixture
) -> None:
    kind = spr.report_type("settlement")
    names = [each.name for each in kind.columns() if not each.optional]
    text = "\t".join(names) + "\n" + "7" + "\t" * (len(names) - 1)

    read(text, kind, compress=False, table=table)

    assert sum("not end with a line end" in each for each in caplog.messages) == 1


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        pytest.param(TEXT, {}, id="it ends"),
        pytest.param(TEXT.replace("\n", "\r\n")[:-1], {}, id="half an end"),
        pytest.param(TEXT + "\n\r\n", {}, id="blank lines"),
        pytest.param("sku\tprice\n", {}, id="no row"),
        pytest.param("No data available.", {}, id="no data"),
        pytest.param(TEXT[:-1], {"compress": True}, id="gzip"),
        pytest.param(TEXT[:-1], {"proved": True}, id="a download"),
    ],
)
def test_what_ends_as_it_should_or_is_proved_is_not_told(
    text: str, facts: dict[str, bool], caplog: pytest.LogCaptureFixture
) -> None:
    read(text, PRICES, **{"compress": False, **facts})

    assert caplog.messages == []


@pytest.mark.parametrize("way", ["read", "scan", "batches", "sink", "delta"])
def test_each_way_out_of_a_file_tells_it_once(
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "home"))
    (tmp_path / "prices.txt").write_text(TEXT[:-1])
    document = spr.open_document(tmp_path / "prices.txt")

    if way == "batches":
        document.batches().read_all()
    elif way == "sink":
        document.sink(tmp_path / "lake")
    elif way == "delta":
        document.sink(tmp_path / "lake", format="delta")
    else:
        getattr(document, way)()

    (said,) = caplog.messages
    assert said.endswith(TOLD.partition(": ")[2])

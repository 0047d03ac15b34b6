"""What the catalogue does not know, or knows wrongly, a user can say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import spreports as spr

DOCUMENT = "sku\tstock\n007\t12\n"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "document.txt"
    path.write_text(DOCUMENT)
    return path


def test_a_toml_file_adds_a_report_type(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text(
        'report_type = "GET_MY_STOCK"\nalias = "my_stock"\nformat = "tsv"\n'
        '[[tables]]\nname = "rows"\ncolumns = [\n'
        '  { name = "sku", dtype = "string" },\n'
        '  { name = "stock", dtype = "int64" },\n]\n'
    )
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(tmp_path / "own.toml"))

    frame = spr.open_document(document, report_type="my_stock").read()

    assert frame.to_dict(as_series=False) == {"sku": ["007"], "stock": [12]}
    assert "my_stock" in spr.report_types()["alias"].to_list()
    with spr.connect("simulator") as client:
        assert "GET_MY_STOCK" in repr(client.reports("my_stock", marketplaces=["DE"]))


def test_an_entry_of_ones_own_is_taken_wherever_a_type_is_named(document: Path) -> None:
    orders = spr.report_type("orders")
    own = replace(orders, tables=(), known=False)

    frame = spr.open_document(document, report_type=own).read()

    assert frame.schema == {"sku": pl.String, "stock": pl.String}


def test_a_mistake_in_a_toml_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text('report_type = "GET_X"\ncolour = "red"\n')
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(tmp_path))

    with pytest.raises(spr.ConfigError, match="colour"):
        spr.report_type("orders")


def test_a_file_whose_name_is_too_long_is_one_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(tmp_path / ("x" * 300)))

    with pytest.raises(spr.ConfigError, match="cannot be read"):
        spr.report_types()


def test_an_empty_folder_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(tmp_path))

    with pytest.raises(spr.ConfigError, match=r"no \.toml"):
        spr.report_types()


def test_a_report_type_shows_itself_in_a_notebook() -> None:
    shown = spr.report_type("orders")._repr_html_()

    assert "amazon-order-id" in shown
    assert "30 days" in shown

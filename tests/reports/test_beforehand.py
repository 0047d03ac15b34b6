"""What can never work is refused before a report is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.simulator import Simulator


def orders(client: spr.Client) -> spr.Reports:
    return client.reports("orders", start="3d", marketplaces=["DE"])


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"partition_by": ["sku", "sku"]}, ValueError, "'sku': it names a folder tw"),
        ({"partition_by": "sku"}, ValueError, "list of names, not one string"),
        ({"partition_by": 5}, TypeError, "list of names, and not int"),
        ({"partition_by": [5]}, TypeError, "holds int, not a name"),
        ({"partition_by": ["sku:day"]}, spr.SinkError, "no column 'sku' of GET_FLAT"),
        ({"partition_by": ["nope:day"]}, spr.SinkError, "no column 'nope' of GET_FL"),
        ({"partition_by": ["sku:week"]}, spr.SinkError, "day, month or year"),
        ({"partition_by": ["a/b"]}, spr.SinkError, "part of a path"),
        ({"table": "x"}, ValueError, "has no table 'x'"),
    ],
)
def test_a_sink_that_no_document_of_the_type_could_fill_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    *,
    given: dict[str, Any],
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=told):
        orders(client).sink(tmp_path / "lake", **given)

    assert simulator.requests == []


@pytest.mark.parametrize(
    "way",
    [
        lambda reports: reports.read("nope"),
        lambda reports: reports.scan("nope"),
        lambda reports: reports.batches("nope"),
    ],
)
def test_a_table_that_no_document_of_the_type_has_costs_nothing(
    simulator: Simulator, client: spr.Client, *, way: Callable[[spr.Reports], object]
) -> None:
    with pytest.raises(ValueError, match="has no table 'nope'"):
        way(orders(client))

    assert simulator.requests == []


def test_a_place_without_its_package_costs_nothing(
    simulator: Simulator, client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)

    with pytest.raises(spr.SinkError, match=r"pip install 'spreports\[gcs\]'") as gone:
        orders(client).sink("gs://user:canary@bucket/lake")

    assert "canary" not in f"{gone.value} {gone.value.url}"
    with pytest.raises(spr.SinkError, match="no file system nope:// is known"):
        orders(client).sink("nope://bucket/lake")
    assert simulator.requests == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("s3://bucket", "is no folder: name one below it"),
        ("memory://bucket/_spreports", "choose a folder of another name"),
        ("simplecache::memory://bucket/lake", "chained URLs cannot be written to"),
        ("/", "is no folder"),
    ],
)
def test_a_place_that_can_hold_no_sink_costs_nothing(
    simulator: Simulator, client: spr.Client, *, place: str, told: str
) -> None:
    with pytest.raises(spr.SinkError, match=told):
        orders(client).sink(place)

    assert simulator.requests == []


def test_a_delta_table_without_its_package_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)

    with pytest.raises(spr.SinkError, match=r"pip install 'spreports\[delta\]'"):
        orders(client).sink(tmp_path / "table", format="delta")

    assert simulator.requests == []


def test_the_packages_of_an_executors_workers_are_theirs(
    simulator: Simulator, client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)

    with ThreadPoolExecutor(1) as pool, pytest.raises(spr.SinkError, match="gcs"):
        orders(client).sink("gs://bucket/lake", executor=pool)

    assert simulator.requests != []


def test_a_column_that_a_document_may_bring_besides_is_left_to_it(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    with pytest.raises(spr.SinkError, match="cannot partition by 'only-there'"):
        orders(client).sink(tmp_path / "lake", partition_by=["only-there"])

    assert simulator.requests != []


def test_names_that_can_be_read_but_once_serve_every_document(
    client: spr.Client, tmp_path: Path
) -> None:
    reports = client.reports("orders", start="40d", marketplaces=["DE"])

    reports.sink(tmp_path / "lake", partition_by=iter(["sales-channel"]))  # type: ignore[arg-type] # who does not check types gives anything

    assert len(reports) > 1
    assert {path.name.partition("=")[0] for path in (tmp_path / "lake").iterdir()} == {
        "sales-channel"
    }

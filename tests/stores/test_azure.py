"""What only Azure has: keys, connection strings, and Delta tables there."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import spreports as spr
from spreports.load.object_store import delta_options
from spreports.load.parquet import sink
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.load.lake import Bucket
from tests.load.rows import orders, reader
from tests.stores.conftest import KEY, connection_string
from tests.sync.conftest import client, clock, home, simulator
from tests.sync.lake import ORDERS, check_windows, day

__all__ = ["client", "clock", "home", "simulator"]

pytestmark = pytest.mark.slow


def test_a_wrong_key_is_told_and_not_shown(azure: Bucket, azurite: str) -> None:
    options = {"connection_string": connection_string(azurite, f"AAAA{KEY[4:]}")}
    doings: list[Any] = [
        lambda: sink(reader(orders(3)), azure.url, stem="7", storage_options=options),
        lambda: spr.scan_lake(azure.url, "orders", storage_options=options).collect(),
        lambda: spr.open_document(
            azure.url, report_type="orders", storage_options=options
        ).read(),
    ]
    for doing in doings:
        with pytest.raises(spr.SPReportsError, match="access is denied") as caught:
            doing()
        assert KEY[4:] not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    "options", [{}, {"connection_string": "nonsense"}], ids=["none", "malformed"]
)
def test_where_there_are_no_credentials_it_is_said_how_to_give_them(
    options: dict[str, Any],
) -> None:
    with pytest.raises(spr.SinkError, match="AZURE_STORAGE_ACCOUNT_KEY"):
        sink(reader(orders(3)), "az://a/orders", stem="7", storage_options=options)


def test_nights_in_a_delta_lake_bring_each_row_once(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    azure: Bucket,
    *,
    azurite: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake = f"az://{azure.name}/delta"
    # Delta Lake's client lists nothing where the account stands in the path, as here,
    # unless it is told so. Source: object_store, MicrosoftAzureBuilder
    monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", azurite.rpartition("/")[0])
    options = {**azure.options, "azure_storage_use_emulator": "true"}
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-06", lookback=2)
    for _ in range(3):
        done = client.sync([feed], lake, format="delta", storage_options=options)
        assert done.failed == ()
        clock.advance(86_400)

    url = f"{lake}/{ORDERS}"
    held = pl.read_delta(url, storage_options=delta_options(url, options))
    assert check_windows(simulator, held.to_dicts(), day(6)) == day(12)

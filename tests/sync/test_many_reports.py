"""What was read of a data root is told with one look at each of its reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec

from spreports.facts import read_catalogue
from spreports.ledger import Ledger
from spreports.sync.delta_looks import DeltaLooks
from spreports.sync.lakeside import Lakeside
from spreports.sync.shelf import Shelf
from spreports.sync.stream import Kind, Stream
from tests.lake import lakes

if TYPE_CHECKING:
    import pytest

ASKED = json.dumps({"marketplaceIds": ["A1PA6795UKMFR9"], "reportOptions": None})


def test_each_report_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shore = lakes.Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))
    for number in range(5):
        rows = lakes.orders(number, 1)
        shore.put(str(number), rows, day=number, request_key=ASKED)
    stream = Stream(
        entry=read_catalogue({}).lookup(lakes.ORDERS),
        kind=Kind.DATED,
        account="account-1",
        marketplace_ids=("A1PA6795UKMFR9",),
        since=lakes.DAY,
        lookback_days=1,
    )
    ledger = Ledger(tmp_path / "ledger")
    lake = Lakeside(
        name="lake",
        to=shore.url,
        storage_options={},
        is_delta=False,
        refill=False,
        looks=DeltaLooks("lake", {}, ledger.counts),
    )
    shelf = Shelf(stream, None, lakes.ORDERS, lake, {}, anew=False)
    ours = lakes.Counted(shelf.ours)
    monkeypatch.setattr(shelf, "ours", ours)
    monkeypatch.setattr(lakes.Counted, "given", 0)

    read = list(shelf.read({held.report_id: None for held in ours if held.rows}))

    ledger.close()
    assert sorted(marker.reports for marker in read) == [(str(n),) for n in range(5)]
    assert lakes.Counted.given == 2 * 5

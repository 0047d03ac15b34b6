"""What a wrong argument raises is named in the docstring of what it was given to."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.api.operations import ReportsAPI

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "settlement_DE.txt"


@dataclass
class Given:
    """One of each that has methods."""

    client: spr.Client
    lake: spr.Lake
    document: spr.Document
    place: str

    @property
    def reports(self) -> spr.Reports:
        return self.client.reports("orders", start="3d", marketplaces=["DE"])


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("given")
    document = spr.open_document(SAMPLE, report_type="settlement")
    document.sink(folder / "lake", table="rows")
    with spr.connect("simulator", home=folder / "home") as client:
        place = str(folder / "sunk")
        yield Given(client, spr.Lake(folder / "lake"), document, place)


FEED = spr.Feed("orders", marketplaces=["DE"])
# What is called, how, and with what that can never do
WRONG: list[tuple[Any, Callable[[Given, Any], object], list[Any]]] = [
    (spr.Lake.reports, lambda g, bad: g.lake.reports(bad), ["ordrs", 5]),
    (spr.Lake.check, lambda g, bad: g.lake.check(bad), ["ordrs", 5]),
    (spr.Lake.check, lambda g, bad: g.lake.check(deep=bad), [5]),
    (spr.Lake.compact, lambda g, bad: g.lake.compact(bad), ["ordrs", 5]),
    (spr.Lake.compact, lambda g, bad: g.lake.compact(good_size=bad), ["64MB", -1]),
    (spr.Lake.purge, lambda g, bad: g.lake.purge(bad), ["x", 5]),
    (
        spr.Lake.purge,
        lambda g, bad: g.lake.purge(date(2020, 1, 1), bad),
        ["ordrs", 5],
    ),
    (spr.Lake.protect, lambda g, bad: g.lake.protect(bad), ["sku", [5], 5, []]),
    (spr.Lake.protect, lambda g, bad: g.lake.protect(["a"], bad), ["ordrs", 5]),
    (spr.Lake.protect, lambda g, bad: g.lake.protect(["a"], key=bad), ["x", b"x"]),
    (spr.scan_lake, lambda g, bad: spr.scan_lake(bad, "orders"), ["", 5]),
    (spr.Client.reports, lambda g, bad: g.client.reports(bad), ["ordrs", 5]),
    (spr.Client.existing, lambda g, bad: g.client.existing(bad), ["ordrs", 5]),
    (
        spr.Client.existing,
        lambda g, bad: g.client.existing("settlement", since=bad),
        ["x", 5],
    ),
    (spr.Client.document, lambda g, bad: g.client.document(bad), ["", 5]),
    (spr.Client.outcome, lambda g, bad: g.client.outcome(bad), ["", 5]),
    *(
        (called, lambda g, bad, called=called: called(g.client.api, bad), ["", 5, ".."])
        for called in (
            ReportsAPI.get_report,
            ReportsAPI.cancel_report,
            ReportsAPI.get_report_schedule,
            ReportsAPI.cancel_report_schedule,
            ReportsAPI.get_report_document,
            ReportsAPI.check_restricted,
        )
    ),
    (spr.Client.sync, lambda g, bad: g.client.sync(bad, g.place), [5, [5]]),
    (spr.Client.sync, lambda g, bad: g.client.sync(FEED, bad), ["", 5]),
    (spr.Document.drift, lambda g, bad: g.document.drift(bad), ["nope", 5]),
    (spr.Document.sink, lambda g, bad: g.document.sink(bad), ["", 5]),
    (
        spr.Document.sink,
        lambda g, bad: g.document.sink(g.place, partition_by=bad),
        ["a", [5], ["nope"]],
    ),
    (
        spr.Document.sink,
        lambda g, bad: g.document.sink(g.place, table=bad),
        ["nope", 5],
    ),
    (
        spr.Document.sink,
        lambda g, bad: g.document.sink(g.place, format=bad),
        ["csv", 5],
    ),
    (spr.Document.scan, lambda g, bad: g.document.scan(bad), ["nope", 5]),
    (spr.Reports.wait, lambda g, bad: g.reports.wait(timeout=bad), ["x", -1]),
    (
        spr.Reports.outcomes,
        lambda g, bad: g.reports.outcomes(timeout=bad),
        ["x", math.nan],
    ),
    (spr.Reports.sink, lambda g, bad: g.reports.sink(bad), ["", 5]),
    (spr.open_document, lambda _, bad: spr.open_document(bad), ["", 5]),
    (spr.report_type, lambda _, bad: spr.report_type(bad), ["ordrs", 5]),
    (spr.marketplace, lambda _, bad: spr.marketplace(bad), ["XX", 5]),
    (spr.read_feeds, lambda _, bad: spr.read_feeds(bad), ["", 5, b"feeds.toml"]),
    (spr.connect, lambda _, bad: spr.connect(region=bad), ["xx"]),
]


@pytest.mark.parametrize(
    ("called", "call", "bad"),
    [(called, call, bad) for called, call, values in WRONG for bad in values],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_what_a_wrong_argument_raises_is_named_in_the_docstring(
    given: Given, called: Any, call: Callable[[Given, Any], object], bad: Any
) -> None:
    told = inspect.getdoc(called) or ""

    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        call(given, bad)

    named = set(re.findall(r"\b\w+Error\b", told))
    assert named & {kind.__name__ for kind in caught.type.__mro__}, caught.value

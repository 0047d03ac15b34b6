"""What is of the wrong kind is told in a sentence, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import spreports as spr
from spreports.client.client import Client
from spreports.client.settings import Settings

# What people who check no types have given
ODD: Any = 5
NONE: Any = None
TEXT: Any = "x"
DELETE: Any = {"delete_foreign": TEXT}
FEED = spr.Feed("listings", marketplaces=["DE"])
SCHEDULE: Any = spr.Schedule("orders", marketplaces=["DE"], period="P1D")
CREDENTIALS = spr.Credentials("Atzr|canary", "canary-id", "canary-secret")
YEAR_ONE = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))

OF_A_CLIENT: dict[str, tuple[Callable[[Client], object], str]] = {
    "reports(5)": (
        lambda c: c.reports(ODD, marketplaces=["DE"]),
        "type 5 is no string",
    ),
    "reports(None)": (lambda c: c.reports(NONE, marketplaces=["DE"]), "type None"),
    "existing(None)": (lambda c: c.existing(NONE), "type None"),
    "a marketplace": (lambda c: c.reports("orders", marketplaces=[ODD]), "must list"),
    "a marketplace's None": (lambda c: ask_in(c, ["DE", NONE]), "must list 1 to 25"),
    "none that exist": (lambda c: c.existing("orders", marketplaces=[]), "must list 1"),
    "none of schedules": (
        lambda c: c.schedules.harvest("orders", marketplaces=()),
        "must list 1 to 25",
    ),
    "apply(Schedule)": (
        lambda c: c.schedules.apply(SCHEDULE),
        r"schedules are a list of spreports.Schedule\(...\)",
    ),
    "marketplaces": (lambda c: c.reports("orders", marketplaces=ODD), "must list"),
    "document(None)": (lambda c: c.document(NONE), "report_document_id"),
    "its type": (lambda c: c.document("D1", report_type=ODD), "type 5"),
    "sink(None)": (lambda c: ask(c).sink(NONE), "give a path"),
    "sink of an empty name": (lambda c: ask(c).sink(""), "url is empty"),
    "options": (lambda c: ask(c).sink("l", storage_options=TEXT), "storage_options"),
    "report options": (lambda c: ask(c, options=[("a", "b")]), "such as .* not list"),
    "an option's name": (
        lambda c: ask(c, options={1: "b"}),
        "a key that is no text: 1",
    ),
    "an option": (lambda c: ask(c, options={"a": True}), "as Amazon wants it: give .t"),
    "half a pair": (lambda c: ask(c, options={"a": "\ud800"}), "half of a surrogate"),
    "a thin half": (
        lambda c: c.api.create_report(
            report_type="T", marketplace_ids=["DE"], report_options={"a": "\ud800"}
        ),
        r"report_options\['a'\] has half of a surrogate pair",
    ),
    "a document's sink": (lambda c: c.document("D1").sink(""), "url is empty"),
    "wait": (lambda c: ask(c).wait(timeout=TEXT), "number of seconds"),
    "wait for nan": (lambda c: ask(c).wait(timeout=float("nan")), "not a number"),
    "encoding": (lambda c: ask(c, encoding="nope"), "encoding 'nope' is not one of"),
    "a document's": (lambda c: c.document("D", encoding=ODD), "encoding 5 is not one"),
    "sync to None": (lambda c: c.sync(FEED, NONE), "to is None: give a path"),
    "sync to nothing": (lambda c: c.sync(FEED, ""), "to is empty: give a path"),
    "sync to no bucket": (lambda c: c.sync(FEED, "s3://"), "to is 's3://', a protocol"),
    "sink to no bucket": (lambda c: ask(c).sink("gs:///"), "url is 'gs:///', a prot"),
    "sync(None)": (lambda c: c.sync(NONE, "lake"), "None is no Feed"),
    "sync([])": (lambda c: c.sync([], "lake"), "feeds is empty: give at least one"),
    "sync of a type": (lambda c: c.sync(TEXT, "lake"), "'x' is no Feed"),
    "sync's timeout": (lambda c: c.sync(FEED, "l", timeout=TEXT), "number of seconds"),
    "a token": (lambda c: c.api.get_reports(next_token=ODD), "next_token"),
    "a report each": (
        lambda c: ask(c, per_marketplace="no"),
        "per_marketplace='no' is neither True nor False",
    ),
    "strict": (lambda c: ask(c, strict="no"), "strict='no' is neither True"),
    "reuse": (lambda c: ask(c, reuse=NONE), "reuse=None is neither True"),
    "reuse as text": (lambda c: ask(c, reuse="False"), "reuse='False' is neither"),
    "typed": (lambda c: ask(c).scan(typed=TEXT), "typed='x' is neither"),
    "a document's typed": (lambda c: c.document("D").read(typed=ODD), "typed=5 is"),
    "metadata": (lambda c: ask(c).read(metadata=TEXT), "metadata='x' is neither"),
    "metadata of batches": (lambda c: ask(c).batches(metadata=NONE), "metadata=None"),
    "whom to tell": (
        lambda c: ask(c).wait(on_progress=TEXT),
        "on_progress='x' is nothing to call: give a function",
    ),
    "whom to tell of a sink": (
        lambda c: ask(c).sink("l", on_progress=ODD),
        "on_progress=5 is nothing to call",
    ),
    "whom to tell of outcomes": (
        lambda c: ask(c).outcomes(on_progress=ODD),
        "on_progress=5 is nothing to call",
    ),
    "whom to tell of a sync": (
        lambda c: c.sync(FEED, "l", on_progress=TEXT),
        "on_progress='x' is nothing to call",
    ),
    "sync's dry_run": (lambda c: c.sync(FEED, "l", dry_run=TEXT), "dry_run='x' is"),
    "sync's refill": (lambda c: c.sync(FEED, "l", refill=TEXT), "refill='x' is"),
    "sync's gaps": (lambda c: c.sync(FEED, "l", retry_gaps=NONE), "retry_gaps=None"),
    "apply's dry_run": (
        lambda c: c.schedules.apply([SCHEDULE], dry_run=TEXT),
        "dry_run='x' is neither True nor False",
    ),
    "apply's strict": (
        lambda c: c.schedules.apply([SCHEDULE], strict=TEXT),
        "strict='x' is neither",
    ),
    "apply's others": (
        lambda c: c.schedules.apply([], cancel_others=ODD),
        "cancel_others=5 is neither",
    ),
    "a schedule's": (
        lambda c: c.api.create_report_schedule(
            report_type="T", marketplace_ids=["DE"], period="P1D", repeatable=TEXT
        ),
        "repeatable='x' is neither",
    ),
    "year one": (
        lambda c: c.api.create_report(
            report_type="T", marketplace_ids=["DE"], data_start_time=YEAR_ONE
        ),
        "years 1 to 9999",
    ),
}
OF_NONE: dict[str, tuple[Callable[[], object], str]] = {
    "credentials": (
        lambda: spr.connect(credentials=("canary", "b", "c")),  # type: ignore[arg-type] # the mistake
        "must be spreports.Credentials",
    ),
    "endpoint": (lambda: spr.connect(endpoint=ODD), "endpoint= must be a string"),
    "profile": (lambda: spr.connect(profile=ODD), "profile= must be a string"),
    "home": (lambda: spr.connect(home=ODD), "home= must be a path"),
    "a simulator's home": (lambda: spr.connect("simulator", home=ODD), "home= must be"),
    "a feed's options": (lambda: feed(options=TEXT), "options='x' is one string"),
    "a feed's pairs": (lambda: feed(options=[("a", "b")]), "such as .* and not list"),
    "a feed of no place": (
        lambda: spr.Feed("listings", marketplaces=NONE),
        r'marketplaces=None is no list of names: give \["DE", "FR"\]',
    ),
    "a feed's folders": (lambda: feed(partition_by=ODD), "partition_by=5 is no list"),
    "open_document(None)": (lambda: spr.open_document(NONE), "give a path"),
    "scan_lake(None)": (lambda: spr.scan_lake(NONE, "orders"), "url is None: give"),
    "Lake(5)": (lambda: spr.Lake(ODD), "url is 5: give a path"),
    "Lake of no folder": (lambda: spr.Lake("memory://"), "such as 'memory://lake'"),
    "scan_lake's latest": (
        lambda: spr.scan_lake("l", "orders", latest=TEXT),
        "latest='x' is neither True nor False",
    ),
    "scan_lake's metadata": (
        lambda: spr.scan_lake("l", "orders", metadata=TEXT),
        "metadata='x' is neither",
    ),
    "a lake's latest": (
        lambda: spr.Lake("l").scan("orders", latest=ODD),
        "latest=5 is neither",
    ),
    "check": (lambda: spr.Lake("l").check(deep=TEXT), "deep='x' is neither"),
    "compact": (
        lambda: spr.Lake("l").compact(drop_superseded=TEXT),
        "drop_superseded='x' is neither",
    ),
    "purge": (
        lambda: spr.Lake("l").purge(date(2026, 1, 1), dry_run=TEXT),
        "dry_run='x' is neither",
    ),
    "check_setup": (lambda: spr.check_setup(offline=TEXT), "offline='x' is neither"),
    "a queue": (
        lambda: spr.SQSQueue("https://sqs.eu-west-1.amazonaws.com/1/q", **DELETE),
        "delete_foreign='x' is neither",
    ),
    "marketplace(None)": (lambda: spr.marketplace(NONE), "None is no string: give a c"),
    "report_type(None)": (lambda: spr.report_type(NONE), "type None is no string"),
}


def feed(**more: Any) -> spr.Feed:
    return spr.Feed("listings", marketplaces=["DE"], **more)


def ask(client: Client, **more: Any) -> spr.Reports:
    return ask_in(client, ["DE"], **more)


def ask_in(client: Client, marketplaces: Any, **more: Any) -> spr.Reports:
    return client.reports("listings", marketplaces=marketplaces, **more)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["DE", "FR"]),
        pd.Index(["DE", "FR"]),
        pl.Series(["DE", "FR"]),
        (code for code in ("DE", "FR")),
    ],
)
def test_marketplaces_may_be_a_column_of_a_frame(column: Any, tmp_path: Path) -> None:
    with spr.connect(credentials=CREDENTIALS, home=tmp_path) as client:
        assert (
            ask_in(client, column).plan().reports == 2
        )  # one for each: listings hold the first alone


def test_a_flag_may_be_one_of_numpys(tmp_path: Path) -> None:
    yes: Any = np.True_
    with spr.connect(credentials=CREDENTIALS, home=tmp_path) as client:
        apart = client.reports(
            "orders", start="3d", marketplaces=["DE", "FR"], per_marketplace=yes
        )

        assert len(apart) == 2


@pytest.mark.parametrize("kind", [pd.Series, pd.Index, pl.Series])
def test_a_schedules_marketplaces_may_be_one_too(kind: Callable[..., Any]) -> None:
    schedule = spr.Schedule("orders", marketplaces=kind(["DE", "FR"]), period="P1D")

    assert schedule.marketplaces == ("DE", "FR")
    with pytest.raises(ValueError, match="must list 1 to 25"):
        spr.Schedule("orders", marketplaces=kind([]), period="P1D")


@pytest.mark.parametrize("name", OF_A_CLIENT)
def test_an_argument_of_the_wrong_kind_is_refused_in_words(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call, words = OF_A_CLIENT[name]
    # Nobody listens there: a call that is made is another error
    with (
        spr.connect(
            credentials=CREDENTIALS,
            endpoint="http://127.0.0.1:1",
            token_url="http://127.0.0.1:1/token",
            home=tmp_path / "home",
        ) as client,
        pytest.raises((TypeError, ValueError), match=words),
    ):
        call(client)


@pytest.mark.parametrize("name", OF_NONE)
def test_what_connects_and_opens_is_refused_in_words_too(name: str) -> None:
    call, words = OF_NONE[name]

    with pytest.raises((TypeError, ValueError), match=words) as caught:
        call()

    assert "canary" not in str(caught.value)


def test_a_client_that_cannot_be_made_can_be_shown(tmp_path: Path) -> None:
    client = Client.__new__(Client)
    (tmp_path / "file").touch()
    settings = Settings(credentials=CREDENTIALS, home=tmp_path / "file")

    with pytest.raises((spr.SPReportsError, OSError)):
        client.__init__(settings)  # type: ignore[misc] # as connect() does, and kept

    assert repr(client) == f"Client(account={settings.account!r})"


@pytest.mark.parametrize("wrong", [{"encoding": "latin9x"}, {"on_empty": "ignore"}])
def test_reports_that_cannot_be_made_can_be_shown(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    reports = spr.Reports.__new__(spr.Reports)
    with spr.connect(credentials=CREDENTIALS, home=tmp_path) as client:
        with pytest.raises(ValueError, match=next(iter(wrong.values()))):
            # As reports() does, and kept by the traceback
            reports.__init__(  # type: ignore[misc]
                client._connection, spr.report_type("orders"), **wrong
            )

        assert repr(reports).startswith("Reports('GET_FLAT_FILE_ALL_ORDERS")

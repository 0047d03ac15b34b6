"""Days and moments of catalogued documents, read back by the standard library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest

from spreports import catalog
from spreports.catalog.words import BY_MARKETPLACE, DATE_FORMATS
from spreports.simulator.content import generate
from spreports.simulator.content.catalogued import END, START, generated
from spreports.simulator.content.lines import Order
from spreports.simulator.content.written_times import ISO_FORMS, TimeForm
from spreports.simulator.marketplaces import BY_COUNTRY
from tests.simulator.cataloguing import LIVE

SOURCE = Random(0)  # noqa: S311 - no secret is made


@pytest.mark.parametrize("zone", [("PST", -8), ("MEST", 2), ("UTC", 0)])
@pytest.mark.parametrize("pattern", sorted(DATE_FORMATS - {"iso", BY_MARKETPLACE}))
def test_a_date_reads_back_by_its_pattern(pattern: str, zone: tuple[str, int]) -> None:
    name, hours = zone
    form = TimeForm(
        pattern=pattern,
        iso="zulu",
        zone=name,
        east=timedelta(hours=hours),
        padded=False,
    )
    moment = datetime(2026, 7, 5, 23, 59, 8, tzinfo=UTC)

    text, value = form.writer("timestamp")(moment, SOURCE)

    bare, _, own = pattern.replace(" %Z", "").partition(" [")
    naive = datetime.strptime(text.replace(f" {name}", ""), bare)  # noqa: DTZ007 - the zone follows
    east = hours if "%Z" in pattern else {"": 0, "JST]": 9, "IST]": 5.5}[own]
    assert value == naive.replace(tzinfo=timezone(timedelta(hours=east)))


@pytest.mark.parametrize("iso", ISO_FORMS)
def test_an_iso_moment_reads_back(iso: str) -> None:
    form = TimeForm(
        pattern="iso", iso=iso, zone="PST", east=timedelta(hours=-8), padded=True
    )

    text, value = form.writer("timestamp")(datetime(2026, 7, 5, 23, tzinfo=UTC), SOURCE)

    assert datetime.fromisoformat(text) == value


@pytest.mark.slow
def test_every_date_format_of_the_catalogue_is_chosen_somewhere() -> None:
    for entry in LIVE:
        for column in entry.columns():
            wanted = set(column.formats) - {BY_MARKETPLACE}
            chosen = {
                TimeForm.choose(column.formats, BY_COUNTRY[place], SOURCE).pattern
                for place in ("US", "DE", "JP") * 20
            }
            assert not wanted or chosen == wanted


def test_restock_days_of_several_marketplaces_can_be_told_without_one() -> None:
    entry = catalog.lookup("restock")
    places = (BY_COUNTRY["GB"], BY_COUNTRY["US"])
    for seed in range(12):
        order = Order(
            seed=seed, rows=2, marketplaces=places, start=START, end=END, options={}
        )
        for row in generated(entry, order).tables(typed=False)["rows"]:
            day = str(row.get("Recommended ship date", ""))
            assert not day.endswith(f"/{START.year}")


def test_feedback_dates_follow_the_marketplace() -> None:
    entry = catalog.lookup("feedback")
    texts = {
        place: generate(entry, seed=0, rows=1, marketplace=place).tables(typed=False)[
            "rows"
        ][0]["Date"]
        for place in ("US", "DE", "SE")
    }

    assert str(texts["DE"]).count(".") == 2
    assert str(texts["US"]).count("/") == 2
    assert str(texts["SE"]).startswith("2026-10-")

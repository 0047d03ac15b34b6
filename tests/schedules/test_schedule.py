"""Schedules as users write them, in Python and in files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import spreports as spr

WANTED = """
[[schedule]]
report_type = "sales_and_traffic"
marketplaces = ["DE", "FR"]
period = "P1D"
next_report_creation_time = 2026-12-01T07:00:00+01:00
options = { dateGranularity = "DAY" }

[[schedule]]
report_type = "orders_shipping"
marketplaces = ["DE"]
period = "PT4H"
"""


def test_a_file_holds_what_python_would_say(tmp_path: Path) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text(WANTED, encoding="utf-8")

    first, second = spr.Schedule.from_toml(path)

    assert first == spr.Schedule(
        "sales_and_traffic",
        marketplaces=["DE", "FR"],
        period="P1D",
        options={"dateGranularity": "DAY"},
        next_report_creation_time="2026-12-01T06:00:00Z",
    )
    assert first.next_report_creation_time == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert second == spr.Schedule("orders_shipping", marketplaces=["DE"], period="PT4H")


def test_an_empty_file_wants_nothing(tmp_path: Path) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text("# nothing yet\n", encoding="utf-8")

    assert spr.Schedule.from_toml(path) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("report_type =", "wanted.toml is no TOML"),
        ("[schedule]\nperiod = 'P1D'", "write [[schedule]]"),
        ("[[schedules]]\nperiod = 'P1D'", "not schedules"),
        ("schedule = ['P1D']", "schedule 1 is no table"),
        ("[[schedule]]\nperiod = 'P1D'", "missing marketplaces, report_type"),
        (WANTED.replace("period", "every", 1), "schedule 1: missing period, unknown"),
        (WANTED.replace('"P1D"', "1"), "schedule 1: period is a int"),
        (WANTED.replace('["DE", "FR"]', '"DE"'), "marketplaces is a str"),
        (WANTED.replace("PT4H", "PT3H"), "schedule 2: orders_shipping: Amazon has no"),
        (WANTED.replace("+01:00", ""), "a time with its offset"),
        (
            WANTED.replace("2026-12-01T07", "0001-01-01T00"),
            "schedule 1: sales_and_traffic: next_report_creation_time is outside the "
            "years 1 to 9999 in UTC",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "wanted.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"wanted\.toml") as caught:
        spr.Schedule.from_toml(path)

    assert told in str(caught.value)


def test_the_time_is_kept_in_utc_to_the_second() -> None:
    berlin = timezone(timedelta(hours=1))
    at = datetime(2026, 12, 1, 7, 0, 0, 5, tzinfo=berlin)

    schedule = spr.Schedule(
        "orders_shipping",
        marketplaces=["DE"],
        period="P1D",
        next_report_creation_time=at,
    )

    assert schedule.next_report_creation_time == datetime(2026, 12, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"marketplaces": "DE"}, "must list 1 to 25"),
        ({"marketplaces": []}, "must list 1 to 25"),
        ({"period": "daily"}, "PT5M, PT15M"),
        ({"next_report_creation_time": datetime(2026, 12, 1)}, "with its offset"),  # noqa: DTZ001 - the naive one is the mistake
        ({"next_report_creation_time": "tomorrow"}, "with its offset"),
        ({"next_report_creation_time": "9999-12-31T23:59:59-05:00"}, "years 1 to 9999"),
        ({"options": "x"}, "options='x' is one string: give {"),
        ({"options": 5}, "options must be a mapping of strings to strings, such as {"),
        ({"options": [1]}, "and not list"),
        ({"options": {"ShowSalesChannel": True}}, "must be a string"),
    ],
)
def test_a_mistake_in_python_is_a_value_error_with_the_fix(
    wrong: dict[str, object], told: str
) -> None:
    right: dict[str, object] = {"marketplaces": ["DE"], "period": "P1D"}

    with pytest.raises(ValueError, match="orders_shipping") as caught:
        spr.Schedule("orders_shipping", **{**right, **wrong})  # type: ignore[arg-type] # wrong on purpose

    assert told in str(caught.value)

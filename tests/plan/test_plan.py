"""The plan runs the buckets ahead and finds the bottleneck."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.api.bucket import Bucket, book, wait_for_slot
from spreports.api.usage_plans import USAGE_PLANS
from spreports.plan.estimate import (
    CREATE,
    DOCUMENT,
    PROCESSING_SECONDS,
    CoolDownLeft,
    Demand,
    estimate,
)
from spreports.plan.plan import in_words, plan
from spreports.plan.plans import Plans
from spreports.plan.windows import Window

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOWS = [
    Window(START + timedelta(days=30 * n), START + timedelta(days=30 * (n + 1)))
    for n in range(40)
]
RATE = USAGE_PLANS[CREATE].rate


def cooling(*countries: str, report_type: str = "T") -> CoolDownLeft:
    """Return a cool-down of half an hour that is over for each of some countries."""
    return CoolDownLeft(
        report_type=report_type,
        seconds=1800.0,
        waits={(country,): 0.0 for country in countries},
    )


def test_the_document_call_is_the_bottleneck_of_a_backfill() -> None:
    p = plan("T", WINDOWS, reports=40)

    assert p.bottleneck == DOCUMENT
    assert p.calls[CREATE] == 40
    # 40 calls, 15 at once, then one in 1/0.0167 s, and a hundredth less for safety
    bound = (40 - 15) / RATE + PROCESSING_SECONDS
    assert bound <= p.eta.total_seconds() <= 1.03 * bound


def test_what_is_adopted_is_not_created_and_what_is_stored_not_downloaded() -> None:
    p = plan("T", WINDOWS, reports=40, adopted=40, stored=40)

    assert p.calls == {}
    assert p.bottleneck is None
    assert p.eta == timedelta(0)


def test_a_report_that_amazon_works_on_takes_as_long_as_one_does() -> None:
    p = plan("T", [], reports=1, adopted=1, unfinished=1)

    assert CREATE not in p.calls
    assert p.eta == timedelta(seconds=PROCESSING_SECONDS)


def test_a_restricted_type_needs_a_token_for_each_document() -> None:
    p = plan("T", WINDOWS, reports=3, restricted=True)

    assert p.calls["createRestrictedDataToken"] == 3


def test_a_plan_is_readable_as_text_html_and_json() -> None:
    p = plan("<T>", WINDOWS[:2], reports=2, now=START)

    assert "2026-01-01 to 2026-01-31" in str(p)
    assert "2026-01-01 00:01 UTC" in str(p)
    assert "&lt;T&gt;" in p._repr_html_()
    told = json.loads(json.dumps(p.to_dict()))
    assert told["reports"] == 2
    assert told["readyTime"] == "2026-01-01T00:01:30+00:00"


@given(st.integers(1, 60), st.floats(-5000, 5000), st.sampled_from([CREATE, DOCUMENT]))
def test_the_last_of_n_slots_is_what_booking_n_slots_gives(
    calls: int, full_at: float, operation: str
) -> None:
    state = Bucket(full_at, RATE)
    found = wait_for_slot(state, 0.0, USAGE_PLANS[operation], calls)
    wait = 0.0
    for _ in range(calls):
        state, wait = book(state, 0.0, USAGE_PLANS[operation])

    assert found == pytest.approx(wait, abs=1e-6)


def test_a_spent_bucket_makes_the_plan_longer() -> None:
    spent = {CREATE: Bucket(15 / RATE, RATE), DOCUMENT: Bucket(0.0, RATE)}
    full, slow = plan("T", [], reports=5), plan("T", [], reports=5, states=spent)

    assert full.eta == timedelta(seconds=PROCESSING_SECONDS)
    assert slow.bottleneck == CREATE
    assert slow.eta - full.eta > timedelta(seconds=4 / RATE)


def test_a_cool_down_decides_where_it_is_longest() -> None:
    cooldown = CoolDownLeft(report_type="T", seconds=1800.0, waits={("DE",): 600.0})
    p = plan("T", [], reports=3, cooldown=cooldown)

    assert p.bottleneck == "cool-down of T"
    assert p.waits["cool-down of T"] == timedelta(seconds=600 + 2 * 1800)
    assert p.eta == timedelta(seconds=600 + 2 * 1800 + PROCESSING_SECONDS)


def test_groups_of_marketplaces_cool_down_each_for_itself() -> None:
    cooldown = cooling("DE", "FR", "IT")

    assert plan("T", [], reports=3, cooldown=cooldown).eta.total_seconds() == 90


def test_plans_that_share_a_cool_down_wait_for_each_other() -> None:
    german, french = (
        plan("T", [], reports=1, cooldown=cooling(c)) for c in ("DE", "FR")
    )

    total = german + german + french + german
    assert total.waits["cool-down of T"] == timedelta(seconds=2 * 1800)
    assert total.eta == timedelta(seconds=2 * 1800 + PROCESSING_SECONDS)
    assert (german + french).eta == timedelta(seconds=PROCESSING_SECONDS)
    other = plan("U", [], reports=1, cooldown=cooling("DE", report_type="U"))
    assert (german + other).eta == timedelta(seconds=PROCESSING_SECONDS)


def test_groups_that_have_a_marketplace_in_common_share_its_cool_down() -> None:
    both = CoolDownLeft(report_type="T", seconds=1800.0, waits={("DE", "FR"): 600.0})
    one, two = (plan("T", [], reports=1, cooldown=c) for c in (cooling("DE"), both))

    # It is the French one that cools until then
    assert two.eta == timedelta(seconds=600 + PROCESSING_SECONDS)
    assert (one + two).eta == timedelta(seconds=1800 + PROCESSING_SECONDS)


def test_a_report_that_is_on_its_way_already_is_fetched_once() -> None:
    found = estimate([Demand(reports=20, adopted=20, unfinished=20)], {})

    bound = (20 - 15) / RATE + PROCESSING_SECONDS
    assert bound <= found.seconds <= 1.03 * bound


def test_a_bucket_does_not_wait_for_somebody_elses_cool_down() -> None:
    found = estimate(
        [Demand(reports=2, cooldown=cooling("DE")), Demand(reports=14)], {}
    )

    assert found.seconds == 1800 + PROCESSING_SECONDS


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=4)
)
def test_plans_of_one_account_add_up_to_what_they_share(
    demands: list[tuple[int, int]],
) -> None:
    plans = [plan("T", [], reports=n, adopted=min(n, m)) for n, m in demands]
    total = plans[0]
    for each in plans[1:]:
        total += each

    assert total.reports == sum(p.reports for p in plans)
    assert total.adopted == sum(p.adopted for p in plans)
    assert total.calls.get(DOCUMENT, 0) == sum(p.calls[DOCUMENT] for p in plans)
    assert total.eta >= max(p.eta for p in plans)


def test_sum_adds_plans_up_as_plus_does() -> None:
    plans = [plan(name, WINDOWS[:3], reports=3) for name in ("A", "B", "C")]

    assert sum(plans) == plans[0] + plans[1] + plans[2]
    assert sum(plans[:1]) == plans[0]
    for number in (3, 0.5):
        with pytest.raises(TypeError):
            number + plans[0]  # type: ignore[operator]


def test_plans_of_several_accounts_take_as_long_as_the_slowest() -> None:
    plans = Plans(
        {
            "one": plan("T", [], reports=100, now=START),
            "two": plan("T", [], reports=3, now=START),
        }
    )

    assert plans.eta == plans.accounts["one"].eta
    assert plans.slowest == "one"
    assert plans.bottleneck == DOCUMENT
    assert plans.calls[CREATE] == 103
    assert plans.ready_time == plans.accounts["one"].ready_time
    assert json.loads(json.dumps(plans.to_dict()))["accounts"]["two"]["reports"] == 3
    assert "one" in str(plans)
    assert "<table>" in plans._repr_html_()
    with pytest.raises(ValueError, match="one account"):
        Plans({})


def test_what_is_no_mapping_of_plans_is_refused_when_it_is_made() -> None:
    one: Any = plan("T", [], reports=1, now=START)
    mistakes: list[Any] = [[one], {"a": 1}, {1: one}, one]
    for wrong in mistakes:
        with pytest.raises(TypeError, match="names to their plans"):
            Plans(wrong)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "1 second"), (1.4, "1 second"), (2, "2 seconds")]
)
def test_one_second_is_one(seconds: float, said: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == said

"""client.schedules.apply: what is wanted becomes what is, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.schedules.conftest import Calls

TRAFFIC = spr.Schedule("sales_and_traffic", marketplaces=["DE"], period="P1D")
USERS = spr.Schedule("end_users", marketplaces=["DE", "FR"], period="P1D")
SHIPPING = spr.Schedule("orders_shipping", marketplaces=["DE"], period="PT4H")
# Schedulable types, more of them than one call of getReportSchedules takes.
MANY = spr.report_types().filter(schedulable=True)["report_type"].to_list()


def changed(schedule: spr.Schedule, **fields: object) -> spr.Schedule:
    said: dict[str, object] = {
        "marketplaces": schedule.marketplaces,
        "period": schedule.period,
        "options": schedule.options,
        "next_report_creation_time": schedule.next_report_creation_time,
    }
    return spr.Schedule(schedule.report_type, **{**said, **fields})  # type: ignore[arg-type] # by keyword


def test_a_second_apply_changes_nothing_and_costs_the_listing_only(
    client: spr.Client, calls: Calls
) -> None:
    first = client.schedules.apply([USERS, SHIPPING])
    assert calls.new() == {"getReportSchedules": 1, "createReportSchedule": 2}
    turned = changed(USERS, marketplaces=["FR", "DE", "FR"])

    again = client.schedules.apply([SHIPPING, turned])

    assert calls.new() == {"getReportSchedules": 1}
    assert [c.action for c in first] == ["create", "create"]
    assert (first.in_force, again.in_force) == (False, True)
    assert {c.report_schedule_id for c in first} == {
        s.report_schedule_id for s in client.schedules.list()
    }


def test_a_dry_run_shows_the_same_and_changes_nothing(
    client: spr.Client, calls: Calls
) -> None:
    shown = client.schedules.apply([TRAFFIC], dry_run=True)

    assert calls.new() == {"getReportSchedules": 1}
    assert client.schedules.list() == ()
    made = client.schedules.apply([TRAFFIC])
    assert [c.action for c in shown] == [c.action for c in made] == ["create"]
    assert shown.changes[0].report_schedule_id is None
    assert "would be: 1 created" in str(shown)
    assert str(made).splitlines()[-1].startswith("1 created")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"period": "PT12H"}, "period P1D becomes PT12H"),
        ({"options": {"dateGranularity": "DAY"}}, "options differ"),
        ({"next_report_creation_time": "2026-11-01T09:30:00Z"}, "time differs"),
    ],
)
def test_what_differs_is_replaced_and_the_old_one_is_gone(
    client: spr.Client, fields: dict[str, object], why: str
) -> None:
    (old,) = client.schedules.apply([TRAFFIC])

    (new,) = client.schedules.apply([changed(TRAFFIC, **fields)])

    assert new.action == "replace"
    assert new.replaces == (old.report_schedule_id,)
    assert why in new.why
    (left,) = client.schedules.list(["sales_and_traffic"])
    assert left.report_schedule_id == new.report_schedule_id
    assert client.schedules.apply([changed(TRAFFIC, **fields)]).in_force


def test_other_marketplaces_are_another_schedule(client: spr.Client) -> None:
    client.schedules.apply([USERS])

    changes = client.schedules.apply([changed(USERS, marketplaces=["DE"])])

    assert [c.action for c in changes] == ["create"]
    assert len(client.schedules.list(["end_users"])) == 2


def test_a_type_of_one_marketplace_a_report_gets_a_schedule_for_each(
    client: spr.Client, clock: ManualClock, calls: Calls
) -> None:
    both = changed(TRAFFIC, marketplaces=["DE", "FR"])
    orders = spr.Schedule("orders", marketplaces=["DE"], period="P1D")

    changes = client.schedules.apply([both, SHIPPING])

    assert calls.new() == {"getReportSchedules": 1, "createReportSchedule": 3}
    assert [len(c.marketplace_ids) for c in changes] == [1, 1, 1]
    assert client.schedules.apply([both, SHIPPING]).in_force
    clock.advance(2 * 86_400)
    harvest = client.schedules.harvest("sales_and_traffic", since="10d")
    frame = harvest.read("salesAndTrafficByDate", metadata=True)
    assert set(frame["marketplace"]) == {"DE", "FR"}
    with pytest.raises(ValueError, match=r"^schedule 2: [^;]* cannot be scheduled"):
        client.schedules.apply([both, orders])


def test_schedules_of_one_type_with_other_options_may_share_marketplaces(
    client: spr.Client,
) -> None:
    weekly = changed(USERS, marketplaces=["DE"], options={"reportPeriod": "WEEK"})

    changes = client.schedules.apply([USERS, weekly])

    assert [(c.action, c.why) for c in changes] == [("create", "not there")] * 2


def test_a_schedule_that_stays_and_shares_a_marketplace_is_told_of(
    client: spr.Client,
) -> None:
    (old,) = client.schedules.apply([USERS])
    german = changed(USERS, marketplaces=["DE"])

    (beside,) = client.schedules.apply([german], dry_run=True)
    alone, _ = client.schedules.apply([german], dry_run=True, cancel_others=True)

    assert beside.why == (
        f"not there; schedule {old.report_schedule_id} stays in force, so rows of DE "
        "would be there twice: cancel it"
    )
    assert alone.why == "not there"


def test_a_schedule_that_stays_beside_one_that_is_kept_is_told_of_in_each_plan(
    client: spr.Client,
) -> None:
    (old,) = client.schedules.apply([USERS])
    german = changed(USERS, marketplaces=["DE"])
    (made,) = client.schedules.apply([german])

    (kept,) = client.schedules.apply([german])

    assert kept.action == "keep"
    assert kept.why == made.why.replace("not there", "as wanted")
    assert f"schedule {old.report_schedule_id} stays in force" in kept.why


def test_what_reports_of_old_and_new_may_both_hold_is_told_where_people_look(
    client: spr.Client, clock: ManualClock
) -> None:
    client.schedules.apply([TRAFFIC])
    clock.advance(timedelta(days=3, hours=1).total_seconds())

    def weekly(at: str) -> spr.ScheduleChanges:
        schedule = changed(TRAFFIC, period="P7D", next_report_creation_time=at)
        return client.schedules.apply([schedule], dry_run=True)

    early, in_time = weekly("2026-11-09T00:00:00Z"), weekly("2026-11-11T00:00:00Z")
    assert (
        "reports of the old and the new may both hold 2026-11-02 to 2026-11-04: a "
        "first report P7D after its end would not"
    ) in str(early)
    told = ["2026-11-02T00:00:00+00:00", "2026-11-04T00:00:00+00:00"]
    assert early.changes[0].to_dict()["doubled"] == told
    (change,) = in_time
    assert (change.uncovered, change.doubled) == (None, None)


def test_of_order_reports_a_new_one_takes_the_place_of_the_other_of_its_kind(
    client: spr.Client, calls: Calls
) -> None:
    (flat,) = client.schedules.apply([SHIPPING])
    calls.new()
    xml = spr.Schedule("orders_shipping_xml", marketplaces=["DE"], period="PT4H")

    (change,) = client.schedules.apply([xml])

    assert calls.new() == {"getReportSchedules": 1, "createReportSchedule": 1}
    assert (change.action, change.replaces) == ("replace", (flat.report_schedule_id,))
    assert "only one of a kind" in change.why
    (left,) = client.schedules.list(["orders_shipping", "orders_shipping_xml"])
    assert left.report_type == "GET_ORDER_REPORT_DATA_SHIPPING"


def test_the_time_wanted_is_a_beat_that_stays_met_when_it_is_over(
    client: spr.Client, clock: ManualClock, calls: Calls
) -> None:
    daily = changed(TRAFFIC, next_report_creation_time="2026-11-02T06:00:00Z")
    client.schedules.apply([daily])
    calls.new()

    clock.advance(10.5 * 86_400)

    assert client.schedules.apply([daily]).in_force
    (schedule,) = client.schedules.list(["sales_and_traffic"])
    at = datetime(2026, 11, 12, 6, tzinfo=UTC)
    assert schedule.next_report_creation_time == at
    # A new one takes the next beat, never a time that is over.
    client.schedules.cancel(schedule.report_schedule_id)
    (change,) = client.schedules.apply([daily])
    assert change.next_report_creation_time == at


def test_others_are_cancelled_by_an_explicit_word_within_the_types_named(
    client: spr.Client,
) -> None:
    italian = changed(USERS, marketplaces=["IT"])
    client.schedules.apply([USERS, italian, SHIPPING])

    left_alone = client.schedules.apply([USERS])
    of_wanted_types = client.schedules.apply([USERS], cancel_others=True)
    named = client.schedules.apply([], cancel_others=["orders_shipping"])

    assert left_alone.count("cancel") == 0
    assert [c.action for c in of_wanted_types] == ["keep", "cancel"]
    assert [c.report_type for c in named] == [
        "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
    ]
    (left,) = client.schedules.list()
    assert len(left.marketplace_ids) == 2


def test_types_to_cancel_are_a_list_and_told_by_their_own_name(
    client: spr.Client, simulator: Simulator
) -> None:
    with pytest.raises(
        ValueError, match=r"cancel_others is one string: give \['orders"
    ):
        client.schedules.apply([], cancel_others="orders_shipping")

    assert simulator.requests == []


def test_nothing_wanted_and_nothing_named_asks_nobody(
    client: spr.Client, calls: Calls
) -> None:
    assert client.schedules.apply([]).changes == ()
    assert client.schedules.apply([], cancel_others=True).in_force
    assert calls.new() == {}


def test_many_types_are_listed_ten_to_a_call(client: spr.Client, calls: Calls) -> None:
    wanted = [
        spr.Schedule(name, marketplaces=["DE"], period="P30D") for name in MANY[:23]
    ]

    client.schedules.apply(wanted, dry_run=True, strict=False)
    listed = calls.new()
    client.schedules.list()

    # The order reports bring their rivals with them.
    assert listed["getReportSchedules"] in {3, 4}
    assert calls.new() == {"getReportSchedules": -(-len(MANY) // 10)}


@pytest.mark.parametrize(
    ("schedules", "told"),
    [
        ([changed(TRAFFIC, period="PT5M")], "choose a longer period"),
        ([changed(TRAFFIC, options={"granularity": "DAY"})], "no option 'granularity'"),
        ([spr.Schedule("orders", marketplaces=["DE"], period="P1D")], "client.reports"),
        (
            [spr.Schedule("settlement", marketplaces=["DE"], period="P1D")],
            "client.existing('settlement')",
        ),
        ([spr.Schedule("trafic", marketplaces=["DE"], period="P1D")], "unknown report"),
        ([changed(SHIPPING, marketplaces=["XX"])], "unknown marketplace"),
        ([changed(SHIPPING, marketplaces=["DE", "US"])], "region"),
        ([SHIPPING, SHIPPING], "wanted twice"),
        (
            [USERS, changed(USERS, marketplaces=["IT", "FR"], period="P7D")],
            "of DE, FR and of IT, FR: rows of FR would be there twice",
        ),
        ([SHIPPING, changed(SHIPPING, marketplaces=["FR"])], "only one can be"),
        (["orders_shipping"], "Schedule.from_toml(path)"),
    ],
)
def test_a_schedule_that_cannot_be_is_told_before_anything_is_asked(
    client: spr.Client, simulator: Simulator, schedules: list[spr.Schedule], told: str
) -> None:
    with pytest.raises((ValueError, spr.ConfigError)) as caught:
        client.schedules.apply(schedules)

    assert told in str(caught.value)
    assert simulator.requests == []


@pytest.mark.parametrize("strict", [True, False])
def test_what_is_wanted_twice_is_named_alone_and_strict_or_not_refused(
    client: spr.Client, simulator: Simulator, *, strict: bool
) -> None:
    wanted = [
        changed(TRAFFIC, marketplaces=["DE", "FR"]),
        changed(TRAFFIC, marketplaces=["FR", "IT"]),
    ]

    with pytest.raises(ValueError, match=r"twice for FR, .* name FR in one") as caught:
        client.schedules.apply(wanted, strict=strict)

    assert str(caught.value).startswith("schedule 2: GET_SALES_AND_TRAFFIC_REPORT")
    assert "strict" not in str(caught.value)
    assert simulator.requests == []


def test_beside_what_is_wanted_twice_the_catalogues_doubts_are_told_too(
    client: spr.Client,
) -> None:
    wanted = [SHIPPING, SHIPPING, changed(TRAFFIC, period="PT5M")]

    with pytest.raises(ValueError, match=r"2: .* wanted twice .*3: .*longer") as caught:
        client.schedules.apply(wanted)

    assert "strict" not in str(caught.value)


def test_strict_false_leaves_the_catalogues_doubts_to_amazon(
    client: spr.Client,
) -> None:
    often = changed(TRAFFIC, period="PT5M")
    orders = spr.Schedule("orders", marketplaces=["DE"], period="P1D")

    (change,) = client.schedules.apply([often], strict=False)

    assert change.action == "create"
    with pytest.raises(spr.BadRequestError):
        client.schedules.apply([orders], strict=False)


@pytest.mark.parametrize("kind", ["reset", "status"])
@pytest.mark.parametrize("acts", [True, False])
def test_after_an_unclear_failure_it_looks_before_it_asks_again(
    client: spr.Client, simulator: Simulator, calls: Calls, kind: str, *, acts: bool
) -> None:
    simulator.faults.add(
        Fault(operation="createReportSchedule", kind=kind, status=503, acts=acts)
    )

    (change,) = client.schedules.apply([TRAFFIC])

    made = 1 if acts else 2
    assert calls.new() == {"getReportSchedules": 2, "createReportSchedule": made}
    (schedule,) = client.schedules.list(["sales_and_traffic"])
    assert schedule.report_schedule_id == change.report_schedule_id


def test_a_schedule_that_amazon_never_answers_for_is_asked_for_five_times(
    client: spr.Client, simulator: Simulator, calls: Calls
) -> None:
    simulator.faults.add(
        Fault(operation="createReportSchedule", kind="status", status=503, times=0)
    )

    with pytest.raises(spr.ServerError):
        client.schedules.apply([TRAFFIC])

    assert calls.new() == {"getReportSchedules": 6, "createReportSchedule": 5}


def test_a_failure_in_the_middle_keeps_what_was_made_and_goes_on_from_there(
    client: spr.Client, simulator: Simulator, calls: Calls
) -> None:
    simulator.faults.add(
        Fault(operation="createReportSchedule", kind="status", status=400, nth=2)
    )

    with pytest.raises(spr.BadRequestError) as caught:
        client.schedules.apply([TRAFFIC, SHIPPING])

    assert caught.value.__notes__ == [
        "1 of 2 changes of schedules were made; the same call makes the others"
    ]
    calls.new()
    again = client.schedules.apply([TRAFFIC, SHIPPING])
    assert [c.action for c in again] == ["keep", "create"]
    assert calls.new()["createReportSchedule"] == 1


def test_a_schedule_that_is_gone_when_it_is_to_be_cancelled_is_as_it_should_be(
    client: spr.Client, simulator: Simulator
) -> None:
    client.schedules.apply([TRAFFIC])
    simulator.faults.add(
        Fault(operation="cancelReportSchedule", kind="reset", acts=True)
    )

    changes = client.schedules.apply([], cancel_others=["sales_and_traffic"])

    assert [c.action for c in changes] == ["cancel"]
    assert client.schedules.list() == ()


def test_cancel_returns_what_was_there_and_knows_what_was_not(
    client: spr.Client,
) -> None:
    (change,) = client.schedules.apply([TRAFFIC])

    (gone,) = client.schedules.cancel(str(change.report_schedule_id))

    assert gone.report_schedule_id == change.report_schedule_id
    assert client.schedules.list() == ()
    with pytest.raises(spr.NotFoundError):
        client.schedules.cancel(gone.report_schedule_id)


def test_the_changes_print_as_a_table_and_as_plain_values(client: spr.Client) -> None:
    weekly = changed(USERS, period="P7D")
    client.schedules.apply([weekly])
    changes = client.schedules.apply([USERS, SHIPPING], dry_run=True)
    header, first, *_ = str(changes).splitlines()

    assert header.split()[:3] == ["action", "report", "type"]
    assert first.startswith("replace  END_USER_DATA_REPORT")
    assert "DE, FR" in first
    assert "<td style='text-align:left'>replace</td>" in changes._repr_html_()
    plain = changes.to_dict()
    assert plain["dryRun"] is True
    told = changes.changes[0].to_dict()
    assert plain["changes"] == [told, changes.changes[1].to_dict()]
    assert told["period"] == "P1D"
    assert told["replaces"] == list(changes.changes[0].replaces)


def test_what_no_report_will_cover_is_told_where_people_look(
    client: spr.Client, clock: ManualClock
) -> None:
    client.schedules.apply([changed(TRAFFIC, period="P7D")])
    clock.advance(timedelta(days=3).total_seconds())

    changes = client.schedules.apply([TRAFFIC], dry_run=True)

    assert "no report will cover 2026-11-01 to 2026-11-04: request it" in str(changes)

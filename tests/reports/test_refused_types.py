"""A report type that Amazon refuses is asked for once a run, and not once a window."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import spreports as spr
from spreports.reports.queue import ReportQueue
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
REFUSED = {"operation": "createReport", "kind": "status", "status": 403}


def refuse(simulator: Simulator, **how: object) -> None:
    simulator.faults.add(Fault(**(REFUSED | how)))  # type: ignore[arg-type] # as its fields


def windows(
    client: spr.Client, place: str = "DE", name: str = "orders"
) -> list[ReportRequest]:
    """Describe three windows, a day each."""
    days = [NOVEMBER - timedelta(days=n) for n in range(4)]
    described = [
        client.reports(name, start=start, end=end, marketplaces=[place])
        for end, start in pairwise(days)
    ]
    return [request for each in described for request in each._requests]


def run(client: spr.Client, requests: list[ReportRequest]) -> list[Finished]:
    done = ReportQueue(client._connection).run(requests)
    return sorted(done, key=lambda each: each.index)


def test_a_refused_type_is_asked_for_once_and_holds_nobody_up() -> None:
    with (
        JumpingClock() as clock,
        Simulator(
            clock=clock,
            no_role_for=["GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"],
        ) as simulator,
        simulator.client() as client,
    ):
        orders = client.reports("orders", start="690d", marketplaces=["DE"])
        assert len(orders._requests) == 23
        began = clock.monotonic()

        with pytest.raises(spr.ForbiddenError, match="no role for this report type"):
            orders.read()

        assert calls(simulator, "createReport") == 1
        assert clock.monotonic() - began < 60


def test_windows_that_are_not_asked_for_say_so_and_why(
    simulator: Simulator, client: spr.Client
) -> None:
    refuse(simulator, message="No role.")

    first, *others = (each.error for each in run(client, windows(client)))

    assert calls(simulator, "createReport") == 1
    assert isinstance(first, spr.ForbiddenError)
    assert first.status == 403
    assert "not asked for" not in str(first)
    for error in others:
        assert isinstance(error, spr.ForbiddenError)
        assert (error.operation, error.status) == ("createReport", None)
        assert "not asked for: Amazon has just refused another report" in str(error)
        assert "No role." in str(error)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own object
    notes = ["".join(error.__notes__) for error in others if error]
    assert len(set(notes)) == 2  # each tells of its own window


@pytest.mark.slow
def test_other_types_and_other_marketplaces_are_still_asked_for(
    simulator: Simulator, client: spr.Client
) -> None:
    refuse(simulator)
    asked = [
        *windows(client),
        *windows(client, "FR"),
        *windows(client, name="sales_and_traffic")[:1],
    ]

    done = run(client, asked)

    assert [each.index for each in done if each.error] == [0, 1, 2]
    assert calls(simulator, "createReport") == len(asked) - 2


def test_reports_that_exist_are_used_though_the_type_is_refused(
    simulator: Simulator, client: spr.Client
) -> None:
    asked = windows(client)
    run(client, asked[1:2])
    refuse(simulator)

    first, second, third = run(client, asked)

    assert isinstance(first.error, spr.ForbiddenError)
    assert (second.error, second.adopted) == (None, True)
    assert isinstance(third.error, spr.ForbiddenError)


def test_the_next_run_asks_again(simulator: Simulator, client: spr.Client) -> None:
    refuse(simulator)
    asked = windows(client)
    run(client, asked)

    done = run(client, asked)

    assert all(each.report and not each.error for each in done)
    assert calls(simulator, "createReport") == 4


@pytest.mark.parametrize(
    "how",
    [
        {"message": "The access token you provided has expired."},
        {"code": "ExpiredToken", "message": "Access denied."},
        {"message": "The security token included in the request is invalid."},
    ],
)
def test_a_refusal_of_the_token_is_none_of_the_type(
    simulator: Simulator, client: spr.Client, how: dict[str, str]
) -> None:
    refuse(simulator, times=2, **how)  # the renewed one is refused, too

    first, *others = run(client, windows(client))

    assert isinstance(first.error, spr.ForbiddenError)
    assert all(each.report and not each.error for each in others)


@pytest.mark.parametrize(
    "operation", ["createRestrictedDataToken", "getReportDocument", "getReport"]
)
def test_a_refusal_after_createreport_keeps_no_window_from_being_asked_for(
    simulator: Simulator, client: spr.Client, operation: str
) -> None:
    refuse(simulator, operation=operation)
    asked = windows(client, name="orders_shipping")

    done = run(client, asked)

    assert [type(each.error) for each in done].count(spr.ForbiddenError) == 1
    assert calls(simulator, "createReport") == len(asked) == 3


def test_a_bad_request_is_of_its_window_alone(
    simulator: Simulator, client: spr.Client
) -> None:
    refuse(simulator, status=400)

    done = run(client, windows(client))

    assert [bool(each.error) for each in done] == [True, False, False]

"""createReport whose answers get lost: no report twice, no call in haste."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.api.operations import ReportsAPI
from spreports.ledger import Ledger
from spreports.reports.queue import ReportQueue
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.api.scripted_amazon import BASE, Reply, ScriptedAmazon, report_json
from tests.reports.conftest import calls


class Ahead:
    """A clock whose wall time is ahead of another's."""

    def __init__(self, clock: JumpingClock, seconds: float) -> None:
        self._clock, self._ahead = clock, timedelta(seconds=seconds)
        self.monotonic, self.sleep = clock.monotonic, clock.sleep
        self.wait_for = clock.wait_for

    def now(self) -> datetime:
        return self._clock.now() + self._ahead


def ask(client: spr.Client, *, reuse: bool = True) -> spr.Reports:
    return client.reports(
        "orders",
        start="2026-10-01",
        end="2026-10-08",
        marketplaces=["DE"],
        reuse=reuse,
    )


def ledger(client: spr.Client, by: str) -> spr.Reports:
    return client.reports(
        "ledger",
        start="2026-10-01",
        end="2026-10-08",
        marketplaces=["DE"],
        options={"aggregateByLocation": by, "aggregatedByTimePeriod": "DAILY"},
    )


@pytest.mark.parametrize("ahead", [-3600, 60, 180, 960, 3600])
@pytest.mark.parametrize(
    ("told_before", "reuse"), [(True, True), (False, True), (False, False)]
)
def test_a_clock_that_is_wrong_makes_no_report_twice(
    ahead: float, *, told_before: bool, reuse: bool
) -> None:
    with JumpingClock() as clock, Simulator(clock=clock, rows=1) as simulator:
        simulator.faults.add(Fault(operation="createReport", kind="reset", acts=True))
        with simulator.client(clock=Ahead(clock, ahead)) as client:
            if told_before:
                client.api.get_reports(report_types=["GET_X"])

            assert ask(client, reuse=reuse).read().height == 1

        assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("status", [408, 425])
@pytest.mark.parametrize("acts", [True, False])
def test_a_create_report_that_timed_out_in_between_is_looked_for_first(
    simulator: Simulator, client: spr.Client, status: int, *, acts: bool
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=status, acts=acts)
    )

    assert ask(client).read().height == 200

    assert calls(simulator, "createReport") == (1 if acts else 2)
    assert calls(simulator, "getReports") == 2


@pytest.mark.parametrize(("retry_after", "least"), [(None, 10), (30.0, 30)])
def test_it_is_asked_again_once_and_not_before_amazon_has_had_time(
    simulator: Simulator, client: spr.Client, retry_after: float | None, least: float
) -> None:
    simulator.faults.add(
        Fault(
            operation="createReport",
            kind="status",
            status=503,
            times=0,
            retry_after=retry_after,
        )
    )

    with pytest.raises(spr.ServerError):
        ask(client).read()

    creating = [r.time for r in simulator.requests if r.operation == "createReport"]
    first, second = creating
    assert (second - first).total_seconds() == pytest.approx(least, abs=5)


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 500}, {"kind": "reset"}]
)
@pytest.mark.parametrize("reuse", [True, False])
def test_what_stayed_unclear_says_which_call_takes_it_up(
    simulator: Simulator,
    client: spr.Client,
    fault: dict[str, Any],
    *,
    reuse: bool,
) -> None:
    simulator.faults.add(Fault(operation="createReport", times=2, **fault))
    asked = client.reports("orders", start="7d", marketplaces=["DE"], reuse=reuse)

    with pytest.raises(spr.APIError, match="createReport: ") as caught:
        asked.read()

    request = asked._requests[0]
    assert request.data_start_time is not None
    start = f'start="{request.data_start_time:%Y-%m-%dT%H:%M:%SZ}", end="'
    assert f"not show yet: the same call with {start}" in str(caught.value)
    assert ("without reuse=False" in str(caught.value)) is not reuse
    assert str(caught.value).endswith("; where there is none, it asks anew)")
    assert asked.read().height == 200
    assert calls(simulator, "createReport") == 3


def test_a_refusal_of_the_second_try_says_nothing_of_what_the_first_has_made(
    simulator: Simulator, client: spr.Client
) -> None:
    for nth, status in ((1, 500), (2, 403)):
        simulator.faults.add(
            Fault(operation="createReport", kind="status", nth=nth, status=status)
        )

    with pytest.raises(spr.ForbiddenError):
        ask(client).read()

    connection = client._connection
    assert len(connection.ledger.open_keys(connection.account)) == 1


def test_a_login_that_fails_leaves_nothing_in_doubt(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="token", kind="status", status=503, times=0))

    with pytest.raises(spr.ServerError, match="LWA access token") as caught:
        ask(client).read()

    assert "may have been made" not in str(caught.value)
    connection = client._connection
    assert connection.ledger.open_keys(connection.account) == frozenset()


def test_a_retry_after_of_hours_is_left_to_the_next_run(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=503, retry_after=7200)
    )

    with pytest.raises(spr.ServerError) as caught:
        ask(client).read()

    assert caught.value.retry_after == 7200
    assert calls(simulator, "createReport") == 1


def test_what_stayed_unclear_is_looked_for_by_the_next_run(
    simulator: Simulator, tmp_path: Path
) -> None:
    lost = Fault(operation="createReport", kind="reset", acts=True)
    simulator.faults.add(lost)
    simulator.faults.add(
        Fault(operation="getReports", kind="status", status=403, times=2)
    )

    with (
        simulator.client(home=tmp_path) as client,
        pytest.raises(spr.ForbiddenError),
    ):
        ask(client).read()
    with simulator.client(home=tmp_path) as client:
        assert ask(client).read().height == 200

    assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("minutes", [50, 24 * 60])
def test_what_stayed_unclear_by_a_clock_that_was_ahead_is_no_obstacle_to_the_next_run(
    simulator: Simulator, tmp_path: Path, minutes: int
) -> None:
    lost = Fault(operation="createReport", kind="status", status=503, times=0)
    simulator.faults.add(lost)
    assert isinstance(simulator.clock, JumpingClock)
    ahead = Ahead(simulator.clock, 60.0 * minutes)
    with (
        simulator.client(home=tmp_path, clock=ahead) as client,
        pytest.raises(spr.ServerError),
    ):
        ask(client).read()
    simulator.faults.clear()

    with simulator.client(home=tmp_path) as client:
        assert ask(client).read().height == 200


def test_of_several_reports_that_suit_an_unanswered_request_the_newest_is_taken(
    simulator: Simulator, tmp_path: Path
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="reset", acts=True))
    simulator.faults.add(
        Fault(operation="getReports", kind="status", status=403, times=2)
    )
    with simulator.client(home=tmp_path) as client:
        (request,) = ask(client)._requests
        with pytest.raises(spr.ForbiddenError):
            ask(client).read()
    assert request.data_start_time
    assert request.data_end_time
    newest = simulator.place_report(
        request.entry.report_type,
        ["DE"],
        request.data_start_time,
        request.data_end_time,
    )

    with simulator.client(home=tmp_path) as client:
        assert [report.report_id for report in ask(client)] == [newest]

    assert calls(simulator, "createReport") == 1


@pytest.mark.slow
def test_a_report_that_two_unanswered_requests_would_suit_is_nobodys(
    simulator: Simulator, tmp_path: Path
) -> None:
    for operation, fault in (
        ("createReport", {"kind": "reset", "acts": True}),
        ("getReports", {"kind": "status", "status": 403}),
    ):
        simulator.faults.add(Fault(operation=operation, times=2, **fault))  # type: ignore[arg-type] # as its fields
    for by in ("COUNTRY", "FC"):
        with (
            simulator.client(home=tmp_path) as client,
            pytest.raises(spr.ForbiddenError),
        ):
            ledger(client, by).read()

    used = []
    for by in ("COUNTRY", "FC", "COUNTRY"):
        with simulator.client(home=tmp_path) as client:
            used += [report.report_id for report in ledger(client, by)]
            made = client.api.get_reports(
                report_types=["GET_LEDGER_SUMMARY_VIEW_DATA"]
            ).reports

    newest_first = [report.report_id for report in made]
    assert len(newest_first) == 4
    assert used == [newest_first[1], newest_first[0], newest_first[1]]


def test_a_report_of_another_type_is_not_taken_for_ours(tmp_path: Path) -> None:
    with ScriptedAmazon() as amazon:
        amazon.on(f"POST {BASE}/reports", Reply(202, {"reportId": "R1"}))
        amazon.on(f"GET {BASE}/reports/R1", report_json("R1"))
        with (
            spr.connect(
                credentials=spr.Credentials("Atzr|canary", "canary-id", "canary"),
                endpoint=amazon.endpoint,
                token_url=amazon.token_url,
                home=tmp_path,
            ) as client,
            pytest.raises(spr.TransportError, match="not of the type"),
        ):
            client.reports("GET_X", marketplaces=["DE"]).read()


@pytest.mark.parametrize(
    ("owner", "step", "error"),
    [
        (ReportsAPI, "create_report", KeyboardInterrupt()),
        (Ledger, "created", spr.ConfigError("the disk is full")),
    ],
)
def test_what_broke_off_while_a_report_was_created_keeps_nobody_waiting(
    simulator: Simulator,
    client: spr.Client,
    monkeypatch: pytest.MonkeyPatch,
    *,
    owner: type,
    step: str,
    error: BaseException,
) -> None:
    def broken(*_: object, **_more: object) -> None:
        raise error

    # Nobody can tell from the list of reports which options one was made with
    asked = ledger(client, by="COUNTRY")
    with monkeypatch.context() as patched:
        patched.setattr(owner, step, broken)
        with pytest.raises(type(error)):
            asked.read()

    asked.wait(timeout=600)

    assert calls(simulator, "createReport") == 1


def test_ctrl_c_after_a_lost_answer_makes_no_report_twice(
    simulator: Simulator, tmp_path: Path
) -> None:
    lost = "GET_MERCHANT_LISTINGS_ALL_DATA"
    simulator.faults.add(
        Fault(operation="createReport", kind="reset", acts=True, nth=2)
    )

    def press(_: spr.Progress) -> None:
        if calls(simulator, "createReport") == 2:
            raise KeyboardInterrupt

    with simulator.client(home=tmp_path) as client:
        asked = [
            *ask(client)._requests,
            *client.reports(lost, marketplaces=["DE"])._requests,
        ]
        with pytest.raises(KeyboardInterrupt):
            list(ReportQueue(client._connection).run(asked, on_progress=press))
    with simulator.client(home=tmp_path) as client:
        assert client.reports(lost, marketplaces=["DE"]).read().height == 200

    assert calls(simulator, "createReport") == 2

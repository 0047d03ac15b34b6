"""The queue on a clock that jumps: exact buckets, hours of waiting, no sleeping."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.api.throttle import Throttle
from spreports.api.usage_plans import USAGE_PLANS
from spreports.clock import Clock
from spreports.reports.connection import Connection
from spreports.reports.queue import ReportQueue
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished, Stage
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls

CREATE = USAGE_PLANS["createReport"]
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
INVENTORY = "GET_AFN_INVENTORY_DATA"


@pytest.fixture
def clock() -> Iterator[JumpingClock]:
    with JumpingClock() as running:
        yield running


@pytest.fixture
def simulator(clock: JumpingClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, rows=1, cooldowns=True) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


class Leaping:
    """A clock on which most of a second goes by between any two looks at it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = 0.0
        self.now, self.sleep = clock.now, clock.sleep

    def monotonic(self) -> float:
        self._ahead += 0.7
        return self._clock.monotonic() + self._ahead


@pytest.mark.slow
def test_what_falls_due_between_two_looks_at_the_clock_is_not_forgotten() -> None:
    with (
        Simulator(speed=100.0, rows=1, url_lifetime=1e6) as simulator,
        simulator.client(clock=Leaping(simulator.clock)) as client,
    ):
        queue = ReportQueue(connection_of(client))
        (done,) = queue.run(days(client, 1), timeout=100_000.0)

    assert done.error is None


def connection_of(client: spr.Client) -> Connection:
    return client._connection


def days(client: spr.Client, count: int, name: str = "orders") -> list[ReportRequest]:
    """Describe `count` reports of a day each, the last of which ends now."""
    end = connection_of(client).clock.now().replace(microsecond=0)
    requests: list[ReportRequest] = []
    for day in range(count):
        until = end - timedelta(days=day)
        described = client.reports(
            name, start=until - timedelta(days=1), end=until, marketplaces=["DE"]
        )
        requests += described._requests
    return requests


def inventory(client: spr.Client, *places: str) -> list[ReportRequest]:
    return list(client.reports(INVENTORY, marketplaces=places)._requests)


def run(client: spr.Client, requests: list[ReportRequest]) -> list[Finished]:
    return list(ReportQueue(connection_of(client)).run(requests))


def refused(simulator: Simulator) -> Counter[str]:
    return Counter(r.operation for r in simulator.requests if r.status == 429)


@pytest.mark.slow
def test_a_backfill_takes_what_the_buckets_ask_for_and_meets_no_429(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    begun = clock.monotonic()

    done = run(client, days(client, 40))

    took = clock.monotonic() - begun
    # The last report is processed for 75 s at most, and noticed a fifth of it late
    bound = (40 - CREATE.burst) / CREATE.rate + 75
    assert all(each.report and not each.error for each in done)
    assert took <= 1.03 * bound
    assert refused(simulator) == Counter()
    assert calls(simulator, "createReport") == calls(simulator, "document") == 40


@pytest.mark.slow
def test_documents_come_while_later_reports_are_still_to_be_created(
    simulator: Simulator, client: spr.Client
) -> None:
    done = ReportQueue(connection_of(client)).run(days(client, 20))

    next(done)
    first = [request.operation for request in simulator.requests]
    rest = list(done)

    assert first.count("document") >= 1
    assert first.count("createReport") < 20
    assert len(rest) == 19
    times = {
        name: [r.time for r in simulator.requests if r.operation == name]
        for name in ("createReport", "getReportDocument")
    }
    # Not one after the other: the second begins long before the first has ended
    assert times["getReportDocument"][10] < times["createReport"][-1]


@pytest.mark.slow
def test_no_more_documents_are_fetched_than_somebody_is_about_to_take(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    done = ReportQueue(connection_of(client)).run(days(client, 12))

    next(done)
    with clock.away():  # whoever takes them is slow: the lanes go on as far as they may
        while clock.idle_until() != math.inf:
            time.sleep(0.01)

    assert 2 <= calls(simulator, "document") <= 5
    assert len(list(done)) == 11


def test_one_window_that_amazon_refuses_keeps_no_other_from_being_asked(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", nth=2, status=400)
    )

    done = run(client, days(client, 4))

    assert [type(each.error) for each in done].count(spr.BadRequestError) == 1
    assert sum(each.report is not None for each in done) == 3
    assert calls(simulator, "createReport") == 4


def test_a_wait_tells_of_the_refusal_after_the_others_are_done(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", nth=1, status=400)
    )
    reports = client.reports("orders", start="90d", marketplaces=["DE"])

    with pytest.raises(spr.BadRequestError):
        reports.wait()
    assert calls(simulator, "createReport") == 3

    # Asked again, only the one that failed is created
    assert len(list(reports)) == 3
    assert calls(simulator, "createReport") == 4


@pytest.mark.parametrize(
    ("operation", "found"),
    [
        ("createReport", "a report"),
        ("getReport", "report NUMBER"),
        ("getReportDocument", "report NUMBER"),
    ],
)
def test_a_refusal_tells_which_report_it_was_asked_for(
    simulator: Simulator, client: spr.Client, operation: str, found: str
) -> None:
    simulator.faults.add(Fault(operation=operation, kind="status", status=400))

    january = JANUARY, JANUARY + timedelta(days=7)

    with pytest.raises(spr.BadRequestError) as refused:
        client.reports(
            "orders", start=january[0], end=january[1], marketplaces=["DE"]
        ).read()

    *_, told = refused.value.__notes__
    assert re.sub("report [0-9]+", "report NUMBER", told) == (
        f"{found} of GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL for DE, "
        "2026-01-01T00:00:00Z to 2026-01-08T00:00:00Z"
    )


def test_time_that_is_up_names_every_report_and_the_next_run_takes_them_up(
    simulator: Simulator, client: spr.Client
) -> None:
    start, end = JANUARY, JANUARY + timedelta(days=80)
    described = client.reports("orders", start=start, end=end, marketplaces=["DE"])

    with pytest.raises(spr.WaitTimeoutError) as late:
        described.wait(timeout=20)
    again = client.reports("orders", start=start, end=end, marketplaces=["DE"])

    assert {report.report_id for report in again} == set(late.value.report_ids)
    assert calls(simulator, "createReport") == 3


def test_a_refused_bucket_is_waited_out_up_to_the_deadline_alone(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=429, times=30)
    )

    (done,) = run(client, days(client, 1))

    assert done.report is not None
    assert calls(simulator, "createReport") == 31


def test_a_login_that_is_throttled_is_no_quota_of_reports(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="token", kind="status", status=429, times=500))

    (done,) = run(client, days(client, 1))

    assert isinstance(done.error, spr.ThrottledError)
    assert done.error.operation == "LWA access token"
    assert calls(simulator, "token") == 5
    throttle = connection_of(client).throttle
    assert throttle.state("createReport") == Throttle().state("createReport")


def test_a_login_that_is_throttled_at_a_document_ends_the_read(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    end = clock.now()
    start = end - timedelta(days=1)
    orders = client.reports("orders", start=start, end=end, marketplaces=["DE"])
    orders.wait()
    clock.sleep(3600)  # the token at hand is old now
    simulator.faults.add(Fault(operation="token", kind="status", status=429, times=500))
    before, began = calls(simulator, "token"), clock.monotonic()

    with pytest.raises(spr.ThrottledError, match="LWA access token"):
        orders.read()

    assert calls(simulator, "token") == before + 5
    assert clock.monotonic() - began < 60


def test_a_wait_tells_of_a_login_that_is_throttled_as_an_error(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="token", kind="status", status=429, times=500))
    end = clock.now()
    start = end - timedelta(days=1)
    orders = client.reports("orders", start=start, end=end, marketplaces=["DE"])

    with pytest.raises(spr.ThrottledError, match="LWA access token"):
        orders.outcomes()


def test_a_cool_down_is_waited_for_and_others_go_ahead_meanwhile(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    asked = [*inventory(client, "DE"), *inventory(client, "DE"), *days(client, 2)]
    begun = clock.monotonic()

    done = list(ReportQueue(connection_of(client), reuse=False).run(asked))

    assert [each.index for each in done][-1] == 1
    assert 1800 <= clock.monotonic() - begun <= 2000
    assert {str(each.report and each.report.processing_status) for each in done} == {
        "DONE"
    }


def test_windows_of_a_type_share_its_cool_down_and_marketplaces_do_not(
    clock: JumpingClock, client: spr.Client
) -> None:
    asked = days(client, 3, "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA")
    begun = clock.monotonic()
    run(client, asked)
    assert 3600 <= clock.monotonic() - begun <= 3800

    begun = clock.monotonic()
    run(client, [*inventory(client, "DE"), *inventory(client, "FR")])
    assert clock.monotonic() - begun < 200


def test_a_cool_down_outlives_the_client_and_says_when_it_ends(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path) as client:
        run(client, inventory(client, "DE"))

    with simulator.client(home=tmp_path) as client:
        queue = ReportQueue(connection_of(client), reuse=False)
        (done,) = queue.run(inventory(client, "DE"), timeout=600)

    assert isinstance(done.error, spr.ThrottledError)
    assert "every 30 minutes" in str(done.error)
    assert "2026-11-01T00:3" in str(done.error)
    assert calls(simulator, "createReport") == 1


def test_a_report_that_was_refused_begins_no_cool_down(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="status", status=400))
    begun = clock.monotonic()

    run(client, inventory(client, "DE"))
    (done,) = run(client, inventory(client, "DE"))

    assert done.report is not None
    assert clock.monotonic() - begun < 200


@pytest.mark.slow
def test_many_reports_are_asked_after_by_pages(tmp_path: Path) -> None:
    with (
        JumpingClock() as clock,
        Simulator(
            clock=clock,
            rows=1,
            delays=(300.0, 300.0),
            usage_plans={"createReport": (10.0, 100)},
        ) as simulator,
        simulator.client(home=tmp_path) as client,
    ):
        wait_only = ReportQueue(connection_of(client), fetch=False)
        done = list(wait_only.run(days(client, 60)))

        polls = calls(simulator, "getReport")
        pages = calls(simulator, "getReports")
        assert sum(each.report is not None for each in done) == 60
        assert refused(simulator) == Counter()
        assert 2 <= pages <= 30
        # Alone, each of the 60 would be asked after some 26 times
        assert polls < 60 * 16


def test_a_lone_report_is_asked_after_as_soon_as_it_is_made(tmp_path: Path) -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, delays=(0.0, 0.0)) as simulator,
        simulator.client(home=tmp_path) as client,
    ):
        begun = clock.monotonic()
        (done,) = run(client, days(client, 1))

        assert done.report is not None
        assert calls(simulator, "getReport") == 1
        assert clock.monotonic() - begun < 1.0


@pytest.mark.parametrize(("reports", "operations"), [(1, 1), (2, 3)])
def test_a_lone_report_is_taken_through_by_one_thread(
    client: spr.Client, reports: int, operations: int
) -> None:
    seen = set()

    def look(_: spr.Progress) -> None:
        names = {thread.name for thread in threading.enumerate()}
        seen.update(names & {f"spreports-{stage.value}" for stage in Stage})

    done = ReportQueue(connection_of(client), fetch=False).run(
        days(client, reports), on_progress=look
    )

    assert len(list(done)) == reports
    assert len(seen) == operations


@pytest.mark.slow
def test_a_foreign_consumer_of_half_the_quota_brings_no_storm(tmp_path: Path) -> None:
    half = {"createReport": 0.5, "getReportDocument": 0.5}
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, others=half) as simulator,
        simulator.client(home=tmp_path) as client,
    ):
        done = run(client, days(client, 60))

        took = clock.monotonic()
        assert all(each.report and not each.error for each in done)
        # Others leave half: after the burst 45 reports at two minutes each
        assert took <= 1.25 * 45 / (CREATE.rate / 2)
        assert sum(refused(simulator).values()) <= 20


@pytest.mark.slow
def test_accounts_side_by_side_take_no_longer_than_one(tmp_path: Path) -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, accounts=True) as simulator,
        ExitStack() as stack,
    ):
        clients = [
            stack.enter_context(simulator.client(home=tmp_path, seller=f"seller-{n}"))
            for n in range(4)
        ]
        finished: list[list[Finished]] = []

        def work(client: spr.Client) -> None:
            finished.append(run(client, days(client, 17)))

        threads = [
            threading.Thread(target=work, args=(each,), name=f"spreports-test-{n}")
            for n, each in enumerate(clients)
        ]
        with clock.away():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(600)

        assert [len(each) for each in finished] == [17] * 4
        assert clock.monotonic() <= 1.03 * (2 / CREATE.rate + 75)
        assert refused(simulator) == Counter()


def test_closing_the_iterator_ends_every_lane_and_waits_for_no_time_to_pass(
    clock: JumpingClock, simulator: Simulator, client: spr.Client
) -> None:
    before = set(threading.enumerate())
    done = ReportQueue(connection_of(client)).run(days(client, 20))
    next(done)
    begun = clock.monotonic()
    lanes = [
        thread
        for thread in set(threading.enumerate()) - before
        if thread.name.startswith("spreports-") and "simulator" not in thread.name
    ]

    done.close()  # type: ignore[attr-defined]  # a generator, as its docstring says
    for lane in lanes:  # one that is within a call ends after it
        lane.join(600)

    # This thread counts as working, so time stood still: they were woken
    assert clock.monotonic() == begun
    assert len(lanes) >= 3
    assert not any(lane.is_alive() for lane in lanes)


def test_who_waits_for_quota_sleeps_until_it_is_back(
    client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, asked = Throttle.acquire, Counter[str]()

    def counted(self: Throttle, operation: str, deadline: float) -> float:
        asked[operation] += 1
        assert asked["createReport"] < 10, "asks again and again"
        return acquire(self, operation, deadline)

    monkeypatch.setattr(Throttle, "acquire", counted)
    connection_of(client).throttle.exhausted("createReport", 3600)

    (done,) = ReportQueue(connection_of(client)).run(days(client, 1), timeout=7200)

    assert done.error is None
    assert asked["createReport"] == 2


def test_closing_the_client_wakes_who_waits_for_it(tmp_path: Path) -> None:
    with Simulator(speed=1.0, rows=1, delays=(1000.0, 1000.0)) as simulator:
        client = simulator.client(home=tmp_path)
        caught: list[BaseException] = []

        def work() -> None:
            try:
                client.reports("orders", start="7d", marketplaces=["DE"]).wait()
            except spr.SPReportsError as exc:
                caught.append(exc)

        thread = threading.Thread(target=work)
        thread.start()
        while not calls(simulator, "getReport"):
            time.sleep(0.01)
        client.close()
        thread.join(600)  # by itself it would wait for half an hour

        assert not thread.is_alive()
        assert isinstance(caught[0], spr.ConfigError)
        assert "closed" in str(caught[0])

"""How far notices are relied on: while they prove good, and no longer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import spreports as spr
from spreports.api.models import ReportId
from spreports.reports.notices import DOWN_FOR, HOPED_FOR, LATE_BY, PROVEN, Watch
from spreports.reports.polling import Polling
from spreports.reports.ticket import Ticket
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.reports.conftest import calls

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START = datetime(2026, 10, 1, tzinfo=UTC)


class Script:
    """Notices that say what is written, one answer after another."""

    def __init__(self, *answers: set[str] | spr.APIError) -> None:
        self._answers = list(answers)

    def finished(self, report_ids: Collection[str], timeout: float) -> set[str]:
        answer = self._answers.pop(0)
        if isinstance(answer, spr.APIError):
            raise answer
        return answer & set(report_ids)


def done(clock: ManualClock, ago: timedelta) -> spr.Report:
    return spr.Report(
        report_id=ReportId("1"),
        report_type="GET_X",
        created_time=clock.now() - timedelta(hours=1),
        processing_status=spr.ProcessingStatus.DONE,
        processing_end_time=clock.now() - ago,
    )


def test_without_notices_polls_are_as_they_were() -> None:
    watch = Watch(None, ManualClock())

    assert not watch.listens
    assert watch.patience() == 0
    assert watch.listen({"1"}) == set()


def test_a_queue_is_hoped_for_then_proven_by_what_it_tells() -> None:
    watch = Watch(Script(set(), {"1"}), ManualClock())

    assert watch.patience() == HOPED_FOR
    assert watch.listen({"1"}) == set()
    assert watch.patience() == HOPED_FOR
    assert watch.listen({"1", "2"}) == {"1"}
    assert watch.patience() == PROVEN


def test_a_queue_that_misses_a_report_is_not_relied_on_until_it_tells_again() -> None:
    clock = ManualClock()
    watch = Watch(Script({"1"}), clock)

    watch.polled(done(clock, LATE_BY))
    assert watch.patience() == HOPED_FOR
    watch.polled(done(clock, LATE_BY + timedelta(seconds=1)))
    assert watch.patience() == 0

    watch.listen({"1"})
    assert watch.patience() == PROVEN


def test_a_queue_that_is_down_is_tried_again_after_a_minute_and_polled_meanwhile() -> (
    None
):
    clock = ManualClock()
    down = spr.TransportError("down", operation="receive_message", sent=False)
    watch = Watch(Script(down, set(), {"1"}), clock)

    # At once, so that polls are brought forward
    assert watch.listen({"1"}) == set()
    assert clock.slept == []
    assert watch.patience() == 0
    # It is back, but has told nothing yet
    assert watch.listen({"1"}) == set()
    assert clock.slept == [DOWN_FOR]
    assert watch.patience() == 0
    assert watch.listen({"1"}) == {"1"}
    assert watch.patience() == PROVEN


def test_a_report_that_is_told_of_is_asked_after_alone(simulator: Simulator) -> None:
    # As many as would make one page cheaper, if all of them were due.
    places = [
        simulator.place_report(ORDERS, ["DE"], START, START + timedelta(days=n))
        for n in range(1, 30)
    ]
    with simulator.client(notifications=Script()) as client:
        (request,) = client.reports("orders", start="1d", marketplaces=["DE"])._requests
        connection = client._connection
        tickets = [Ticket(n, request, report_id=i) for n, i in enumerate(places)]
        for ticket in tickets:
            ticket.poll_at(connection.clock.monotonic(), patient=True)
        first = tickets[0]
        first.told = True
        first.take()

        changed = Polling(connection, lambda: tickets).poll(first)

    assert list(changed) == [first]
    assert first.is_over
    assert calls(simulator, "getReport") == 1
    assert calls(simulator, "getReports") == 0

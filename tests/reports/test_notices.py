"""How far notices are relied on: while they prove good, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import pytest

import spreports as spr
from spreports.api.models import ReportId
from spreports.reports.notices import DOWN_FOR, LATE_BY, PATIENCE, Watch
from spreports.reports.polling import Polling
from spreports.reports.ticket import Ticket
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock
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


class Silent:
    """Notices of nothing, which note who is asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.sleep: Callable[[float], None] = lambda _: None

    def finished(self, report_ids: Collection[str], timeout: float) -> set[str]:
        self.asked.update(report_ids)
        self.sleep(timeout)
        return set()


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


def test_polls_are_put_off_no_longer_for_a_queue_that_has_told_of_reports() -> None:
    watch = Watch(Script(set(), {"1"}), ManualClock())

    assert watch.patience() == PATIENCE
    assert watch.listen({"1"}) == set()
    assert watch.patience() == PATIENCE
    assert watch.listen({"1", "2"}) == {"1"}
    assert watch.patience() == PATIENCE


def test_a_queue_that_misses_a_report_is_not_relied_on_until_it_tells_again() -> None:
    clock = ManualClock()
    watch = Watch(Script({"1"}), clock)

    watch.polled(done(clock, LATE_BY))
    assert watch.patience() == PATIENCE
    watch.polled(done(clock, LATE_BY + timedelta(seconds=1)))
    assert watch.patience() == 0

    watch.listen({"1"})
    assert watch.patience() == PATIENCE


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
    assert watch.patience() == PATIENCE


def test_a_report_of_another_process_is_polled_as_ever_and_not_listened_for() -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, delays=(1, 30)) as simulator,
        simulator.client(notifications=(notices := Silent())) as client,
    ):
        notices.sleep = client._connection.clock.sleep
        end = START + timedelta(days=7)
        simulator.place_report(ORDERS, ["DE"], START, end, finished=False)
        begun = clock.monotonic()

        reports = client.reports("orders", start=START, end=end, marketplaces=["DE"])
        reports.wait(36_000)

        assert calls(simulator, "createReport") == 0
        assert clock.monotonic() - begun < 45
        assert notices.asked == set()


@pytest.mark.parametrize(("timeout", "until"), [(3_600, 150), (110, 110)])
def test_a_report_of_which_nobody_tells_is_found_in_two_minutes_and_in_time(
    timeout: int, until: int
) -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, delays=(1, 80)) as simulator,
        simulator.client(notifications=(notices := Silent())) as client,
    ):
        notices.sleep = client._connection.clock.sleep
        begun = clock.monotonic()

        reports = client.reports("orders", start="1d", marketplaces=["DE"])
        reports.wait(timeout)

        assert 60 <= clock.monotonic() - begun <= until
        assert notices.asked == {report.report_id for report in reports}
        assert calls(simulator, "getReport") < 10


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

"""A process that is killed while it asks: what it has begun, and what it has not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls

INVENTORY = "GET_AFN_INVENTORY_DATA"
GERMANY = "A1PA6795UKMFR9"
DAY = 86400.0


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, cooldowns={INVENTORY: 1800.0}) as running,
    ):
        yield running
        assert running.failures == []
        assert running.breaches == []


def ask_and_be_killed(
    simulator: Simulator, home: Path, *, created: bool = False, document: str = ""
) -> None:
    given = simulator.credentials
    place = {
        "endpoint": simulator.endpoint,
        "token_url": simulator.token_url,
        "credentials": (given.refresh_token, given.client_id, given.client_secret),
        "home": str(home),
        "now": simulator.clock.now().isoformat(),
        "created": created,
        "document": document,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.reports.killed_asking"],
        input=json.dumps(place),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


class Interrupted:
    """A clock on which somebody does something while a lane first waits."""

    def __init__(self, clock: JumpingClock, does: Callable[[], object]) -> None:
        self._clock, self._does = clock, [does]
        self.now, self.monotonic, self.sleep = clock.now, clock.monotonic, clock.sleep

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        seconds: float | None,
    ) -> bool:
        lane = threading.current_thread() is not threading.main_thread()
        if lane and self._does:
            self._does.pop()()
        return self._clock.wait_for(condition, predicate, seconds)


def files_of(home: Path) -> list[Path]:
    """Return the store's files beside its own books."""
    found = [path for path in home.rglob("*") if path.is_file()]
    return [path for path in found if ".sqlite" not in path.name]


def cooling(client: spr.Client) -> float:
    return client._connection.cooldowns.wait_for(INVENTORY, [GERMANY])


@pytest.mark.slow
@pytest.mark.parametrize("spent", ["by us", "by others"])
def test_one_killed_while_it_waits_for_quota_has_begun_no_cool_down(
    simulator: Simulator, tmp_path: Path, spent: str
) -> None:
    with simulator.client(home=tmp_path) as client:
        if spent == "by us":
            client._connection.throttle.exhausted("createReport")
        else:
            simulator.faults.add(
                Fault(operation="createReport", kind="status", status=429)
            )

        ask_and_be_killed(simulator, tmp_path, created=False)

        assert calls(simulator, "createReport") == (spent == "by others")
        assert cooling(client) == 0
        begun = simulator.clock.monotonic()
        assert client.reports(INVENTORY, marketplaces=["DE"]).read().height == 1
        assert simulator.clock.monotonic() - begun < 300


@pytest.mark.slow
def test_one_killed_after_its_report_was_made_has_begun_the_cool_down(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path) as client:
        ask_and_be_killed(simulator, tmp_path, created=True)

        assert cooling(client) == 1802
        assert client.reports(INVENTORY, marketplaces=["DE"]).read().height == 1

    assert calls(simulator, "createReport") == 1


def test_a_cool_down_that_somebody_began_while_quota_was_waited_for_is_kept(
    simulator: Simulator, tmp_path: Path
) -> None:
    jumping = simulator.clock
    assert isinstance(jumping, JumpingClock)
    with simulator.client(home=tmp_path) as rival:
        clock = Interrupted(
            jumping,
            lambda: rival._connection.cooldowns.claim(INVENTORY, [GERMANY], 1800.0),
        )
        with simulator.client(home=tmp_path, clock=clock) as client:
            client._connection.throttle.exhausted("createReport")
            begun = simulator.clock.monotonic()
            assert client.reports(INVENTORY, marketplaces=["DE"]).read().height == 1

    assert calls(simulator, "createReport") == 1
    assert simulator.clock.monotonic() - begun >= 1800


@pytest.mark.parametrize("times", [4, 0])
def test_a_cool_down_begins_with_the_report_and_not_with_the_login(
    simulator: Simulator, tmp_path: Path, times: int
) -> None:
    simulator.faults.add(
        Fault(operation="token", kind="status", status=503, times=times)
    )

    with simulator.client(home=tmp_path) as client:
        reports = client.reports(INVENTORY, marketplaces=["DE"], reuse=False)
        if times:
            assert reports.read().height == 1
        else:
            with pytest.raises(spr.ServerError, match="access token"):
                reports.read()

        created = calls(simulator, "createReport")
        assert created == bool(times)
        assert (cooling(client) > 0) == bool(created)


@pytest.mark.slow
def test_the_next_client_deletes_what_a_killed_one_held_of_personal_data(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path / "another") as client:
        asked = client.reports("orders_shipping", marketplaces=["US"], start="7d")
        (report,) = asked.wait()
    home = tmp_path / "home"
    ask_and_be_killed(simulator, home, document=str(report.report_document_id))
    assert files_of(home)

    with simulator.client(home=home):
        assert files_of(home) == []

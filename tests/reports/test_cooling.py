"""A cool-down lasts from when Amazon has made the report, not from the asking."""

from __future__ import annotations

from typing import Any

import pytest

import spreports as spr
from spreports.reports.cooling import CoolDown
from spreports.reports.ticket import Ticket
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls

INVENTORY, GERMANY = "GET_AFN_INVENTORY_DATA", "A1PA6795UKMFR9"


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("seconds", [0.4, 3.0, 50.0])
def test_a_createreport_that_was_long_on_its_way_makes_no_later_one_too_soon(
    seconds: float, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=1, cooldowns={INVENTORY: 1800.0}) as simulator,
        simulator.client() as client,
    ):
        api = client._connection.api
        create, late = api.create_report, [seconds]

        class OnItsWay:
            """Goes out, and is there later."""

            def __init__(self, sending: Any) -> None:
                self._sending = sending
                self.came_to_nothing = sending.came_to_nothing

            def goes_out(self) -> None:
                self._sending.goes_out()
                if late:
                    clock.sleep(late.pop())

        def slowly(**asked: Any) -> str:
            return create(**asked | {"sending": OnItsWay(asked["sending"])})

        monkeypatch.setattr(api, "create_report", slowly)
        if lost:
            simulator.faults.add(
                Fault(operation="createReport", kind="reset", acts=True)
            )
        for _ in range(3):
            reports = client.reports(INVENTORY, marketplaces=["DE"], reuse=False)
            assert reports.read().height == 1

        assert calls(simulator, "createReport") == 3, "one more was cancelled"


def test_a_cool_down_outlasts_the_whole_seconds_that_amazon_tells(
    client: spr.Client,
) -> None:
    (request,) = client.reports(INVENTORY, marketplaces=["DE"])._requests
    seconds = request.entry.cooldown_seconds
    assert seconds

    CoolDown(client._connection, Ticket(index=0, request=request)).made()

    left = client._connection.cooldowns.wait_for(INVENTORY, [GERMANY])
    assert left == pytest.approx(seconds + 2)


def test_what_may_have_been_made_keeps_its_cool_down_though_the_next_try_is_not_sent(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="status", status=500))
    simulator.faults.add(
        Fault(
            operation="createReport",
            kind="status",
            nth=2,
            status=403,
            code="Unauthorized",
            details="The access token you provided has expired.",
        )
    )
    simulator.faults.add(
        Fault(operation="token", kind="status", nth=2, status=400, code="invalid_grant")
    )

    with pytest.raises(spr.UnauthorizedError):
        client.reports(INVENTORY, marketplaces=["DE"]).read()

    assert calls(simulator, "createReport") == 2
    assert client._connection.cooldowns.wait_for(INVENTORY, [GERMANY]) > 1000


@pytest.mark.parametrize("meanwhile", [0.0, 14_400.0])
def test_a_refused_request_ends_its_own_cool_down_and_no_longer_one(
    client: spr.Client, meanwhile: float
) -> None:
    (request,) = client.reports(INVENTORY, marketplaces=["DE"])._requests
    cooldowns = client._connection.cooldowns
    cool = CoolDown(client._connection, Ticket(index=0, request=request))

    cool.goes_out()
    assert cooldowns.wait_for(INVENTORY, [GERMANY]) > 0
    free_at = client._connection.clock.now().timestamp() + meanwhile
    cooldowns.seen(INVENTORY, [GERMANY], free_at)
    cool.came_to_nothing()

    left = cooldowns.wait_for(INVENTORY, [GERMANY])
    assert left == pytest.approx(meanwhile, abs=60)

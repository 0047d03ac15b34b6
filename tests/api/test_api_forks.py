"""A forked child waits for no thread of its parent: they are not there."""

from __future__ import annotations

from spreports.api.auth import TokenSource
from spreports.api.credentials import Credentials
from spreports.api.exchange import Answer, Exchange
from spreports.api.origin import Origin
from spreports.api.secret import Secret
from spreports.api.throttle import Throttle
from spreports.clock import StoppableClock, SystemClock
from tests.api.scripted_amazon import Reply, ScriptedAmazon
from tests.forking import held, in_child

FOREVER = 1e12


def test_a_child_stands_in_no_line_of_its_parent() -> None:
    throttle = Throttle()

    with throttle._turn("getReport", FOREVER):
        waited = in_child(lambda: throttle.acquire("getReport", FOREVER))

    assert waited == "0.0"


def test_a_child_books_a_slot_though_the_line_was_locked() -> None:
    throttle = Throttle()

    with held(throttle._lines().changed):
        assert in_child(lambda: throttle.acquire("getReport", FOREVER)) == "0.0"


def test_a_child_books_a_slot_though_the_buckets_were_locked() -> None:
    throttle = Throttle()

    with held(throttle._buckets._lock()):  # type: ignore[attr-defined]  # in memory
        assert in_child(lambda: throttle.acquire("getReport", FOREVER)) == "0.0"


def test_a_child_has_sessions_though_its_parents_were_locked() -> None:
    with ScriptedAmazon() as amazon:
        amazon.on("GET /x", Reply(200, {}))
        exchange = Exchange(amazon.endpoint, max_bytes=100)

        def status() -> object:
            answer = exchange.send("GET", "/x", headers={})
            exchange.close()
            return answer.status if isinstance(answer, Answer) else answer

        with held(exchange._sessions().lock):
            assert in_child(status) == "200"


def test_a_child_gives_a_token_back_though_the_source_was_locked() -> None:
    tokens = TokenSource(Credentials("x", "y", "z"), "https://localhost/token")

    with held(tokens._lock()):
        assert in_child(lambda: tokens.invalidate(Secret("x"))) == "None"


def test_a_child_finds_the_address_though_it_was_locked() -> None:
    origin = Origin(endpoint="http://localhost:1")

    with held(origin._lock()):
        assert in_child(lambda: origin.url("getReport")) == "http://localhost:1"


def test_a_child_sleeps_and_ends_though_its_parents_clock_was_locked() -> None:
    clock = StoppableClock(SystemClock())

    def slept() -> None:
        clock.sleep(0.0)
        clock.close()

    with held(clock._condition()):
        assert in_child(slept) == "None"

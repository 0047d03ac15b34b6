"""Access tokens: one request for all, renewed in time, refusals told apart."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.api.auth import Credentials, TokenSource, _lifetime
from spreports.api.secret import Secret
from spreports.clock import StoppableClock, StoppedError
from spreports.errors import (
    ConfigError,
    ServerError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)
from tests.api.scripted_amazon import LWA, Reply, ScriptedAmazon
from tests.clocks import ManualClock

FOREVER = 1e9
ON = f"POST {LWA}"


@pytest.fixture
def tokens(
    amazon: ScriptedAmazon, clock: ManualClock, credentials: Credentials
) -> TokenSource:
    return TokenSource(credentials, amazon.token_url, clock)


def grant() -> Reply:
    return Reply(200, {"access_token": "Atza|x", "expires_in": 3600})


def test_the_refresh_token_is_exchanged_by_a_form(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    assert tokens.token(FOREVER).reveal() == "Atza|1"

    (asked,) = amazon.asked
    assert asked.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["Atzr|canary-refresh"],
        "client_id": ["canary-client-id"],
        "client_secret": ["canary-secret"],
    }
    assert "x-amz-access-token" not in asked.headers


def test_a_token_is_kept_until_less_than_a_minute_is_left(
    amazon: ScriptedAmazon, tokens: TokenSource, clock: ManualClock
) -> None:
    tokens.token(FOREVER)
    clock.advance(3540)
    assert tokens.token(FOREVER).reveal() == "Atza|1"

    clock.advance(0.001)

    assert tokens.token(FOREVER).reveal() == "Atza|2"
    assert len(amazon.asked) == 2


def test_only_the_token_that_was_refused_is_forgotten(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    first = tokens.token(FOREVER)
    tokens.invalidate(first)
    second = tokens.token(FOREVER)
    tokens.invalidate(first)

    assert tokens.token(FOREVER) == second
    assert len(amazon.asked) == 2


def test_fifty_threads_make_one_request(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    together = threading.Barrier(50)

    def ask(_: int) -> str:
        together.wait()
        return tokens.token(FOREVER).reveal()

    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(ask, range(50)))

    assert found == {"Atza|1"}
    assert len(amazon.asked) == 1


class Waiting(TokenSource):
    """Sends the request only when ten threads are waiting for it."""

    aboard: threading.Semaphore
    interrupted = False

    def _board(self) -> tuple[bool, Future[Secret]]:
        self.aboard.release()
        return super()._board()

    def _fly(self, flight: Future[Secret], deadline: float) -> Secret:
        for _ in range(1 if self.interrupted else 10):
            self.aboard.acquire()
        return super()._fly(flight, deadline)

    def _fetch(self, deadline: float) -> tuple[Secret, float]:
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt
        return super()._fetch(deadline)


@pytest.fixture
def waiting(
    amazon: ScriptedAmazon, clock: ManualClock, credentials: Credentials
) -> Waiting:
    source = Waiting(credentials, amazon.token_url, clock)
    source.aboard = threading.Semaphore(0)
    return source


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error": "invalid_grant"}), UnauthorizedError),
        (Reply(302, {}), TransportError),
    ],
)
def test_a_failure_wakes_all_who_wait_each_with_an_error_of_its_own(
    amazon: ScriptedAmazon, waiting: Waiting, reply: Reply, kind: type[Exception]
) -> None:
    amazon.on(ON, reply)

    def failed(number: int) -> Exception:
        with pytest.raises(kind) as caught:
            waiting.token(FOREVER)
        caught.value.add_note(f"thread {number}")
        return caught.value

    with ThreadPoolExecutor(10) as pool:
        errors = list(pool.map(failed, range(10)))

    assert len(amazon.asked) == 1
    assert len({str(error) for error in errors}) == 1
    notes = [error.__notes__ for error in errors]
    assert notes == [[f"thread {number}"] for number in range(10)]


def test_a_refusal_that_is_believed_has_no_note_of_who_was_told_first(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    amazon.on(ON, Reply(401, {"error": "invalid_client"}))
    for number in range(3):
        with pytest.raises(UnauthorizedError) as caught:
            tokens.token(FOREVER)
        caught.value.add_note(f"call {number}")
        assert caught.value.__notes__ == [f"call {number}"]


@pytest.mark.slow
def test_who_waits_for_anothers_login_waits_until_its_own_deadline(
    tokens: TokenSource, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreports.api.auth.AT_LEAST", 0.0)
    mine, flight = tokens._board()  # a login that hangs
    deadline = clock.monotonic() + 30
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(tokens.token, deadline)
        with pytest.raises(TimeoutError):
            waits.result(0.1)
        clock.advance(30)
        error = waits.exception(60)
        assert isinstance(error, TransportError)
        assert "under way" in str(error)
        patient = pool.submit(tokens.token, FOREVER)
        assert tokens._fly(flight, FOREVER) == patient.result()
    assert mine


def test_a_login_that_comes_at_once_serves_those_whose_clock_has_run_out(
    tokens: TokenSource, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreports.api.auth.AT_LEAST", 600.0)
    _, flight = tokens._board()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(tokens.token, clock.monotonic() - 1)
        with pytest.raises(TimeoutError):
            late.result(0.1)
        assert tokens._fly(flight, FOREVER) == late.result()


def test_a_closed_client_waits_for_no_login(
    amazon: ScriptedAmazon, credentials: Credentials, clock: ManualClock
) -> None:
    stoppable = StoppableClock(clock)
    tokens = TokenSource(credentials, amazon.token_url, stoppable)
    _, flight = tokens._board()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(tokens.token, FOREVER)
        with pytest.raises(TimeoutError):
            waits.result(0.1)
        stoppable.close()
        stopped = isinstance(waits.exception(60), StoppedError)
        flight.cancel()
    assert stopped


def test_ctrl_c_in_one_thread_lets_another_ask(
    amazon: ScriptedAmazon, waiting: Waiting
) -> None:
    flight = waiting._board()[1]
    waiting.interrupted = True
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(TokenSource.token, waiting, FOREVER)
        waiting.aboard.acquire()  # the other thread has boarded the same request
        with pytest.raises(KeyboardInterrupt):
            waiting._fly(flight, FOREVER)
        for _ in range(10):
            waiting.aboard.release()

        assert other.result().reveal() == "Atza|1"


def test_a_refusal_is_believed_for_a_minute_and_then_asked_for_again(
    amazon: ScriptedAmazon, tokens: TokenSource, clock: ManualClock
) -> None:
    amazon.on(ON, Reply(401, {"error": "invalid_client"}), grant())
    for _ in range(3):
        with pytest.raises(UnauthorizedError, match="client secret") as caught:
            tokens.token(FOREVER)
        assert caught.value.status == 401
    assert len(amazon.asked) == 1

    clock.advance(60)

    assert tokens.token(FOREVER).reveal() == "Atza|x"


def test_after_another_failure_the_next_call_asks_again(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    amazon.on(ON, Reply(302, {}), grant())
    with pytest.raises(TransportError):
        tokens.token(FOREVER)

    assert tokens.token(FOREVER).reveal() == "Atza|x"


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, "invalid_grant", "authorise the application again"),
        (401, "invalid_client", "client id or client secret is wrong"),
        (400, "unauthorized_client", "registration"),
        (400, "canary-secret", "no known reason"),
        (400, {"a": 1}, "no known reason"),
    ],
)
def test_what_lwa_refuses_is_told_once_with_what_to_do(
    status: int,
    code: object,
    advice: str,
    amazon: ScriptedAmazon,
    tokens: TokenSource,
) -> None:
    body = {"error": code, "error_description": "canary-refresh is bad"}
    amazon.on(ON, Reply(status, body, {"x-amzn-RequestId": "lwa-1"}))

    with pytest.raises(UnauthorizedError, match=advice) as caught:
        tokens.token(FOREVER)

    assert "canary" not in str(caught.value) + repr(caught.value.details)
    assert len(amazon.asked) == 1
    assert caught.value.status == status
    assert caught.value.request_id == "lwa-1"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(500), ServerError),
        (Reply(503), ServerError),
        (Reply(429), ThrottledError),
        (Reply(408), TransportError),
        (Reply(425), TransportError),
        (Reply(lost=True), TransportError),
        (Reply(200, b"<html>"), TransportError),
        (Reply(400, b"<html>"), TransportError),
        (Reply(401, b"<html>"), TransportError),
        (Reply(200, {}), TransportError),
        (Reply(200, {"access_token": "with\nnewline"}), TransportError),
        (Reply(200, {"access_token": ""}), TransportError),
        (Reply(200, []), TransportError),
        (Reply(200, b"x" * 70_000), TransportError),
    ],
)
def test_what_may_get_better_is_tried_five_times(
    reply: Reply,
    kind: type[Exception],
    amazon: ScriptedAmazon,
    tokens: TokenSource,
    clock: ManualClock,
) -> None:
    amazon.on(ON, reply)

    with pytest.raises(kind):
        tokens.token(FOREVER)

    too_long = len(reply.as_bytes()) > 65_536
    assert len(amazon.asked) == (1 if too_long else 5)
    assert all(0 <= wait <= 20 for wait in clock.slept)


@pytest.mark.parametrize("status", [307, 403, 404])
def test_a_wrong_token_url_is_told_and_the_refresh_token_sent_nowhere_else(
    status: int, amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    with ScriptedAmazon() as elsewhere:
        where = {"Location": elsewhere.endpoint + LWA}
        amazon.on(ON, Reply(status, headers=where))

        with pytest.raises(TransportError, match="token_url="):
            tokens.token(FOREVER)

        assert elsewhere.asked == []
    assert len(amazon.asked) == 1


@pytest.mark.parametrize("lives", [60, 90, 119])
def test_a_token_of_a_short_life_serves_for_half_of_it(
    lives: int, amazon: ScriptedAmazon, tokens: TokenSource, clock: ManualClock
) -> None:
    amazon.on(ON, Reply(200, {"access_token": "Atza|x", "expires_in": lives}))

    for _ in range(3):
        tokens.token(FOREVER)
        clock.advance(lives / 4)
    assert len(amazon.asked) == 1
    clock.advance(1)
    tokens.token(FOREVER)

    assert len(amazon.asked) == 2


def test_nothing_is_tried_beyond_the_deadline(
    amazon: ScriptedAmazon, tokens: TokenSource, clock: ManualClock
) -> None:
    amazon.on(ON, Reply(503, headers={"Retry-After": "30"}))

    with pytest.raises(ServerError):
        tokens.token(clock.monotonic() + 29)

    assert (len(amazon.asked), clock.slept) == (1, [])


@pytest.mark.parametrize("new", ["Atzr|canary-new", "Atzr|canary-\ud800"])
def test_a_rotated_refresh_token_is_warned_of_without_its_value(
    new: str,
    amazon: ScriptedAmazon,
    tokens: TokenSource,
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = {"access_token": "Atza|x", "refresh_token": new}
    amazon.on(ON, Reply(200, body))

    tokens.token(FOREVER)

    assert "new refresh token" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.slow
@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.none()),
    )
)
def test_a_lifetime_is_within_a_minute_and_an_hour_whatever_lwa_says(
    value: object,
) -> None:
    assert 60 <= _lifetime(value) <= 3600


def test_lifetimes_are_read_where_they_make_sense() -> None:
    told: list[object] = [61, "3600", 0, -5, 1e9, None, "soon"]
    assert [_lifetime(v) for v in told] == [61, 3600, 60, 60, 3600, 3600, 3600]


def _token_of_a_child(tokens: TokenSource, answers: object) -> None:
    answers.put(tokens.token(FOREVER).reveal())  # type: ignore[attr-defined]  # a queue


def test_a_forked_child_does_not_wait_for_its_parents_request(
    amazon: ScriptedAmazon, tokens: TokenSource
) -> None:
    amazon.on(ON, grant())
    tokens._board()  # a request under way in the parent that the child never sees end
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=_token_of_a_child, args=(tokens, answers))

    child.start()
    child.join(600)
    stuck = child.is_alive()
    if stuck:
        child.kill()

    assert not stuck
    assert answers.get() == "Atza|x"


class TestCredentials:
    """Values that go onto the wire and nowhere else."""

    values = ("Atzr|canary-1", "canary-2", "canary-3")

    def test_they_show_in_no_way(self) -> None:
        credentials = Credentials(*self.values)
        shown = f"{credentials} {credentials!r} {[credentials]}"
        inside = [getattr(credentials, name) for name in credentials.__slots__]
        assert "canary" not in shown + f"{inside} {inside[0]} {inside[0]:>40}"

    @pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_they_are_not_pickled_or_copied(self, copying: object) -> None:
        credentials = Credentials(*self.values)
        assert callable(copying)
        for each in (credentials, Secret("canary")):
            with pytest.raises(TypeError, match="environment") as caught:
                copying(each)
            assert "canary" not in str(caught.value)

    def test_the_account_is_a_short_fingerprint_that_stays(self) -> None:
        account = Credentials(*self.values).account
        assert account == Credentials(*self.values).account
        assert account != Credentials("other", *self.values[1:]).account
        assert len(account) == 16
        assert account.isalnum()

    def test_they_are_equal_by_value(self) -> None:
        assert Credentials(*self.values) == Credentials(*self.values)
        assert len({Credentials(*self.values), Credentials(*self.values)}) == 1
        assert Credentials(*self.values) != Credentials("other", *self.values[1:])

    @pytest.mark.parametrize(
        "bad", ["", " ", "a\n", "a\tb", " a", "a\x00", "a\udcff", None, 1]
    )
    def test_a_value_that_cannot_be_one_is_refused_by_name(self, bad: object) -> None:
        with pytest.raises(ConfigError, match="client_id"):
            Credentials("r", bad, client_secret="s")  # type: ignore[arg-type]  # wrong on purpose

"""One request on a real socket, with a server that does not behave."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from spreports import wire
from spreports.api import exchange
from spreports.api.exchange import Answer, Exchange, Fault, _OwnAuth, user_agent
from spreports.api.secret import Secret
from tests.api.scripted_amazon import Reply, ScriptedAmazon
from tests.clocks import ManualClock
from tests.connections import accepting
from tests.one_answer import go_by, serving, unsigned_tls

LIMIT = 16 * 1024 * 1024


def ask(
    url: str, *, max_bytes: int = LIMIT, token: str | None = None
) -> Answer | Fault:
    exchange = Exchange(url, max_bytes=max_bytes)
    try:
        secret = None if token is None else Secret(token)
        return exchange.send("GET", "/x", headers={}, token=secret)
    finally:
        exchange.close()


def test_a_body_cut_short_of_its_length_is_a_fault() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}") as url:
        answer = ask(url)

    assert answer == Fault("the connection was lost", sent=True)


def test_a_body_without_end_is_cut_off() -> None:
    with serving(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 300_000) as url:
        answer = ask(url, max_bytes=200_000)

    assert isinstance(answer, Fault)
    assert "longer than 200000" in answer.reason
    assert not answer.retryable


class Hurrying(ManualClock):
    """A clock on which each look is an hour after the one before."""

    def monotonic(self) -> float:
        self.advance(3600)
        return super().monotonic()


@pytest.mark.parametrize(
    ("most", "clock", "body", "reason"),
    [
        (9, ManualClock(), b"[" * 10, "longer than 9 bytes"),
        (LIMIT, Hurrying(), b"[" * 10, "took more than 120 s"),
        (LIMIT, ManualClock(), b"[", "the connection was lost"),
    ],
)
def test_whatever_is_wrong_with_a_body_was_an_answer_to_something_sent(
    most: int, clock: ManualClock, body: bytes, reason: str
) -> None:
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n"
    with serving(head + body) as url:
        exchange = Exchange(url, max_bytes=most, clock=clock)
        answer = exchange.send("POST", "/x", headers={}, body=b"{}")
        exchange.close()

    assert isinstance(answer, Fault)
    assert reason in answer.reason
    assert answer.sent


def test_a_gzip_body_nobody_asked_for_is_unpacked_under_the_same_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    with serving(head + gzip.compress(b"{}")) as url:
        small = ask(url)
    with serving(head + gzip.compress(bytes(10_000_000))) as url:
        bomb = ask(url, max_bytes=1_000_000)

    assert isinstance(small, Answer)
    assert small.body == b"{}"
    assert isinstance(bomb, Fault)


@pytest.mark.parametrize(
    "garbage", [b"", b"\r\n", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nbroken"]
)
def test_what_is_no_http_is_a_fault_and_no_exception(garbage: bytes) -> None:
    with serving(garbage) as url:
        answer = ask(url)

    assert isinstance(answer, (Answer, Fault))
    assert isinstance(answer, Fault) or answer.body == b""


def test_a_redirect_is_an_answer_and_its_body_is_limited_too() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    with serving(head + b"x" * 100_000) as url:
        answer = ask(url, max_bytes=50_000)

    assert isinstance(answer, Fault)


def test_an_answer_of_two_lengths_was_an_answer_to_something_sent() -> None:
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n"
    with serving(head + b"{}") as url:
        answer = ask(url)

    assert answer == Fault("the answer's header contradicts itself", sent=True)


@pytest.mark.parametrize(
    "proxy",
    ["nonsense://x", "http://", "http://[::1", "http://127.0.0.1:99999", "http://a b"],
)
def test_a_proxy_that_is_no_address_is_named(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_by(proxy, monkeypatch)
    answer = ask("https://sellingpartnerapi-eu.amazon.com")

    assert isinstance(answer, Fault)
    assert "HTTPS_PROXY" in answer.reason
    assert (answer.sent, answer.retryable) == (False, False)


@pytest.mark.skipif(find_spec("socks") is not None, reason="PySocks is installed")
def test_a_socks_proxy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    go_by("socks5://127.0.0.1:1", monkeypatch)
    answer = ask("https://sellingpartnerapi-eu.amazon.com")

    assert isinstance(answer, Fault)
    assert "pip install 'requests[socks]'" in answer.reason
    assert "is no address" not in answer.reason
    assert (answer.sent, answer.retryable) == (False, False)


def test_a_header_that_cannot_be_written_was_not_sent() -> None:
    exchange = Exchange("http://127.0.0.1:1", max_bytes=LIMIT)
    answer = exchange.send("GET", "/x", headers={"X": "a\r\nb"})

    assert answer == Fault("the request cannot be written", sent=False, retryable=False)


def test_cookies_are_not_kept(amazon: ScriptedAmazon) -> None:
    amazon.on("GET /x", Reply(200, {}, {"Set-Cookie": "a=b; Path=/"}))
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)

    for _ in range(2):
        exchange.send("GET", "/x", headers={})
    exchange.close()

    assert len(amazon.asked) == 2
    assert all("Cookie" not in asked.headers for asked in amazon.asked)


def test_proxies_of_the_environment_do_not_touch_loopback(
    amazon: ScriptedAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    amazon.on("GET /x", Reply(200, {}))

    assert isinstance(ask(amazon.endpoint), Answer)


def test_netrc_is_not_read_even_where_the_environment_is_trusted(
    amazon: ScriptedAmazon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    amazon.on("GET /x", Reply(200, {}))
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)
    with exchange._session() as session:
        session.trust_env = True  # as for Amazon's own hosts

    exchange.send("GET", "/x", headers={})
    exchange.close()

    assert "Authorization" not in amazon.asked[0].headers


def test_a_session_is_lent_to_one_at_a_time_and_used_again(
    amazon: ScriptedAmazon,
) -> None:
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)

    with exchange._session() as one, exchange._session() as other:
        assert one is not other
    with exchange._session() as again:
        assert again in (one, other)


def test_the_threads_of_one_report_after_another_share_a_connection(
    amazon: ScriptedAmazon,
) -> None:
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)
    for _ in range(3):
        amazon.on("GET /x", Reply(200, {}))
        asking = threading.Thread(
            target=lambda: exchange.send("GET", "/x", headers={}), daemon=True
        )
        asking.start()
        asking.join()

    assert len(exchange._sessions().all) == 1
    exchange.close()


def test_a_forked_child_uses_no_connection_of_its_parent(
    amazon: ScriptedAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)
    with exchange._session() as before:
        pass
    with exchange._session() as lent:
        monkeypatch.setattr("os.getpid", lambda: -1)

    with exchange._session() as after:
        assert before is lent is not after


def test_the_token_goes_nowhere_but_to_its_origin(amazon: ScriptedAmazon) -> None:
    amazon.on("GET /x", Reply(200, {}))
    exchange = Exchange(amazon.endpoint, max_bytes=LIMIT)
    with ScriptedAmazon() as elsewhere:
        exchange.send("GET", "/x", headers={}, token=Secret("canary"))
        # Not reachable from outside: were the address ever changed, the token stays
        auth = _OwnAuth(amazon.endpoint, Secret("canary"))
        with exchange._session() as session:
            session.get(elsewhere.endpoint + "/x", auth=auth)
        exchange.close()

        assert amazon.asked[0].headers["x-amz-access-token"] == "canary"
        assert "x-amz-access-token" not in elsewhere.asked[0].headers


def test_the_user_agent_has_amazons_form_and_no_names() -> None:
    text = user_agent()
    assert text.startswith("spreports/")
    assert " (Language=Python/" in text
    assert "; Platform=" in text
    assert text.endswith(")")
    assert socket.gethostname() not in text


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return unsigned_tls(tmp_path_factory.mktemp("tls"))


def test_a_certificate_that_nobody_signed_is_refused_for_good(
    unsigned: ssl.SSLContext,
) -> None:
    with serving(b"HTTP/1.1 200 OK\r\n\r\n{}", tls=unsigned) as url:
        answer = ask(url, token="canary")

    assert isinstance(answer, Fault)
    assert "server's certificate" in answer.reason
    assert (answer.sent, answer.retryable) == (False, False)


def through(proxy: str, monkeypatch: pytest.MonkeyPatch) -> Fault:
    """Ask Amazon, whom nobody reaches, by a proxy of the environment."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    answer = ask("https://sellingpartnerapi-eu.amazon.com", token="canary")
    assert isinstance(answer, Fault)
    return answer


def test_a_certificate_is_refused_for_good_through_a_proxy_too(
    unsigned: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(b"", tls=unsigned, before=b"HTTP/1.1 200 OK\r\n\r\n") as url:
        fault = through(url.replace("https:", "http:"), monkeypatch)

    assert "server's certificate was refused" in fault.reason
    assert "REQUESTS_CA_BUNDLE" in fault.reason
    assert (fault.sent, fault.retryable) == (False, False)


@pytest.mark.parametrize("days", [-9, 9])
def test_a_certificate_that_is_of_another_time_leads_to_the_clock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int
) -> None:
    tls = unsigned_tls(tmp_path, timedelta(days=days))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
    with serving(b"", tls=tls, before=b"HTTP/1.1 200 OK\r\n\r\n") as url:
        fault = through(url.replace("https:", "http:"), monkeypatch)

    assert "the server's certificate was refused" in fault.reason
    assert "this machine's clock says" in fault.reason
    assert (fault.sent, fault.retryable) == (False, False)


def test_a_proxy_whose_own_certificate_is_refused_is_named(
    unsigned: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(b"", tls=unsigned) as url:
        fault = through(url, monkeypatch)

    assert "proxy's certificate was refused" in fault.reason
    assert (fault.sent, fault.retryable) == (False, False)


def test_a_proxy_that_refuses_is_named_and_may_be_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n") as url:
        fault = through(url, monkeypatch)

    wants = "the proxy refused with HTTP 407: give its user and password in HTTPS_PROXY"
    assert fault == Fault(wants, sent=False)


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    fault = through(f"http://127.0.0.1:{port}", monkeypatch)

    assert fault == Fault("the proxy could not be reached", sent=False)


@contextmanager
def stalling(after: bytes = b"") -> Iterator[str]:
    """Take a connection, say something once it was spoken to, and then nothing."""
    over = threading.Event()

    def stall(connection: socket.socket) -> None:
        if after:
            connection.recv(65536)
            connection.sendall(after)
        over.wait(30)

    with accepting(stall) as host:
        try:
            yield host
        finally:
            over.set()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets know no other time: the limits are what can be made small."""
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(exchange, "STEP_SECONDS", 0.2)
    monkeypatch.setattr(wire, "STEP_SECONDS", 0.2)


@pytest.mark.usefixtures("hurry")
def test_nothing_was_sent_where_the_handshake_stalls() -> None:
    with stalling() as host:
        fault = ask(f"https://{host}", token="canary")

    assert fault == Fault("no connection within 0 s", sent=False)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    ("scheme", "tunnel"),
    [("http", b"HTTP/1.1 200 OK\r\n\r\n"), ("http", b""), ("https", b"")],
)
def test_nothing_was_sent_where_a_proxy_or_what_is_behind_it_stalls(
    monkeypatch: pytest.MonkeyPatch, scheme: str, tunnel: bytes
) -> None:
    with stalling(tunnel) as host:
        fault = through(f"{scheme}://{host}", monkeypatch)

    assert (fault.sent, fault.retryable) == (False, True)


@pytest.mark.usefixtures("hurry")
def test_an_answer_that_stalls_behind_the_handshake_may_be_to_something_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted = unsigned_tls(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
    over = threading.Event()

    def stall(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with trusted.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            over.wait(30)

    with accepting(stall) as host:
        fault = through(f"http://{host}", monkeypatch)
        over.set()

    assert fault == Fault("no answer within 0 s", sent=True)


@pytest.mark.parametrize("tunnel", [b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_what_is_lost_behind_a_proxy_may_have_been_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tunnel: bytes
) -> None:
    trusted = unsigned_tls(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))

    tls = trusted if tunnel else None
    with serving(b"", tls=tls, before=tunnel) as url:
        fault = through(url.replace("https:", "http:"), monkeypatch)

    assert fault == Fault("the connection was lost", sent=True)


@pytest.mark.parametrize("text", [None, "", "no certificate", "-----BEGIN"])
def test_a_ca_bundle_without_certificates_is_named(
    unsigned: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str | None,
) -> None:
    bundle = tmp_path / "ca.pem"
    if text is not None:
        bundle.write_text(text)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    with serving(b"", tls=unsigned, before=b"HTTP/1.1 200 OK\r\n\r\n") as url:
        fault = through(url.replace("https:", "http:"), monkeypatch)

    assert "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE is missing" in fault.reason
    assert (fault.sent, fault.retryable) == (False, False)


def test_a_certificate_that_the_caller_was_told_of_is_none_of_ours() -> None:
    with serving(b"") as url:
        try:
            raise ssl.SSLCertVerificationError("of another server")
        except ssl.SSLCertVerificationError:
            answer = ask(url)

    assert answer == Fault("the connection was lost", sent=True)


INTERIM = b"HTTP/1.1 102 Processing\r\nX-A: b\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"


def test_interim_answers_are_passed_over() -> None:
    final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
    with serving(INTERIM + final) as url:
        answer = ask(url)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (202, b"{}")


def test_an_interim_answer_alone_was_an_answer_to_something_sent() -> None:
    with serving(INTERIM) as url:
        answer = ask(url)

    assert answer == Fault("the connection was lost", sent=True)


def test_a_change_of_protocol_is_no_answer_and_no_redirect() -> None:
    with serving(b"HTTP/1.1 101 Switching Protocols\r\n\r\n") as url:
        answer = ask(url)

    assert answer == Fault("HTTP 101 in place of an answer", sent=True)

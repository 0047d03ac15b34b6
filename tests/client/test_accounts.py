"""Accounts side by side in one process share code, and nothing else."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.stand_in.conftest import amazon, time
from tests.stand_in.reference import Operation
from tests.stand_in.serving import Answer, Asked
from tests.stand_in.texts import ORDERS

__all__ = ["amazon", "time"]  # fixtures of the stand-in

CANARIES = {"one": "Atzr|canary-one", "two": "Atzr|canary-two"}
# Within the burst of each: a sleep of one would put the time of the other forward, who
# may be between its slot and Amazon
CALLS = 9


@pytest.fixture
def heard(amazon: Amazon, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Everything that was sent, with the token that it carried."""
    sent: list[tuple[str, str]] = []

    def noting(asked: Asked, operation: Operation, known_as: str) -> Answer:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        text = f"{asked.method} {asked.target} {headers} {asked.body!r}"
        sent.append((headers.get("x-amz-access-token", ""), text))
        return original(asked, operation, known_as)

    original = amazon._operate
    monkeypatch.setattr(amazon, "_operate", noting)
    return sent


@pytest.fixture
def clients(amazon: Amazon, tmp_path: Path) -> Iterator[dict[str, spr.Client]]:
    """Two sellers of one application, with one store."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                spr.connect(
                    endpoint=amazon.endpoint,
                    token_url=amazon.token_url,
                    credentials=spr.Credentials(seller, CLIENT_ID, CLIENT_SECRET),
                    home=tmp_path / "home",
                )
            )
            for name, seller in CANARIES.items()
        }


def rows(path: Path, what: str) -> list[tuple[str, ...]]:
    """Return rows of a file of the store: ``columns FROM table``."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT {what}").fetchall()


def test_two_accounts_asked_in_turn_have_their_own_of_everything(
    tmp_path: Path,
) -> None:
    window = {"start": "2026-10-01", "end": "2026-10-08", "marketplaces": ["DE"]}
    with (
        Simulator(clock=ManualClock(), accounts=True) as simulator,
        ExitStack() as all_,
    ):
        clients = [
            all_.enter_context(simulator.client(home=tmp_path, seller=seller))
            for seller in CANARIES.values()
        ]
        asked = [client.reports("orders", **window) for client in clients]  # type: ignore[arg-type] # a dict of texts
        # The very same request, step by step in turn.
        made = [report.report_id for reports in asked for report in reports]
        heights = [reports.read().height for reports in asked]
        accounts = {client._connection.account for client in clients}

        assert heights == [200, 200]
        assert len(set(made)) == len(accounts) == 2
        for client, other in zip(clients, reversed(made), strict=True):
            with pytest.raises(spr.NotFoundError):
                client.api.get_report(other)

    requests = rows(tmp_path / "ledger.sqlite", "account, report_id FROM requests")
    assert {account for account, _ in requests} == accounts
    assert {report_id for _, report_id in requests} == set(made)
    for name, table in (("ledger", "documents"), ("quota", "buckets")):
        owners = rows(tmp_path / f"{name}.sqlite", f"account FROM {table}")
        assert {account for (account,) in owners} == accounts
    for account in accounts:
        (kept,) = (tmp_path / "documents" / account).iterdir()
        assert kept.stat().st_size


def test_accounts_in_threads_never_send_each_others_secrets(
    clients: dict[str, spr.Client],
    amazon: Amazon,
    heard: list[tuple[str, str]],
) -> None:
    errors: list[BaseException] = []

    def work(client: spr.Client) -> None:
        try:
            for _ in range(CALLS):
                client.api.get_report_schedules(report_types=[ORDERS])
                client.api.get_reports(report_types=[ORDERS])
        except BaseException as exc:  # noqa: BLE001 - shown by the assertion below
            errors.append(exc)

    threads = [threading.Thread(target=work, args=(c,)) for c in clients.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)

    assert errors == []
    by_token: dict[str, int] = {}
    for token, text in heard:
        by_token[token] = by_token.get(token, 0) + 1
        # Refresh tokens and the secret go to Login with Amazon alone, and a request
        # carries one access token.
        assert not [canary for canary in CANARIES.values() if canary in text]
        assert CLIENT_SECRET not in text
        assert text.count("Atza|") == 1
    owners = {token: amazon.tokens[token][0] for token in by_token}
    assert sorted(owners.values()) == sorted(CANARIES.values())
    assert set(by_token.values()) == {2 * CALLS}


def test_what_one_account_spends_is_not_the_others(
    clients: dict[str, spr.Client], amazon: Amazon
) -> None:
    one, two = clients["one"], clients["two"]
    for _ in range(9):
        one.api.get_reports(report_types=[ORDERS])

    spent = one._connection.throttle.wait_for("getReports", 2)
    assert spent > 0
    assert two._connection.throttle.wait_for("getReports", 2) == 0


def test_an_accounts_secret_is_in_no_file_of_the_store(
    clients: dict[str, spr.Client], tmp_path: Path
) -> None:
    for client in clients.values():
        client.api.get_reports(report_types=[ORDERS])
        client.close()

    secrets = [*CANARIES.values(), CLIENT_SECRET, "Atza|"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            kept = path.read_bytes()
            assert not [text for text in secrets if text.encode() in kept]
            assert json.dumps(CANARIES["one"]).encode() not in kept

"""An Amazon written from the reference: answers as it says, and notes each breach.

Three origins on loopback: the API, Login with Amazon, and the host of documents. What
becomes of a report is told beforehand with `plot`; `script` makes calls go wrong.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.stand_in import etiquette
from tests.stand_in.document_host import DocumentHost, Held
from tests.stand_in.kept import Kept, moment
from tests.stand_in.reference import (
    BASE,
    Operation,
    misfits,
    operation_of,
    query_misfits,
)
from tests.stand_in.serving import Answer, Asked, Server, json_answer
from tests.stand_in.timepiece import Timepiece

CLIENT_ID, CLIENT_SECRET = "amzn1.application.x", "amzn1.oa2-cs.v1+/=&%"


@dataclass
class Fault:
    """An answer in place of the right one; `carried_out`: Amazon acted all the same."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    carried_out: bool = False
    hang_up: bool = False


def error(code: str, message: str, details: str | None = None) -> dict[str, Any]:
    entry = {"code": code, "message": message}
    return {"errors": [entry if details is None else {**entry, "details": details}]}


class Amazon(Kept):
    """The stand-in; a context manager."""

    def __init__(self, time: Timepiece | None = None) -> None:
        super().__init__(time or Timepiece(), self._issue_url)
        self.liberal = False
        self.calls: list[tuple[str, int]] = []
        self.bodies: list[Any] = []
        self.logins = 0
        self.token_seconds = 3600
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._full_at: dict[tuple[str, str], float] = {}
        self._unclear: set[str] = set()
        self.host = DocumentHost(self.breaches, self.time)
        self._api, self._login = Server(self._answer), Server(self._log_in)
        self.endpoint = self._api.origin
        self.token_url = f"{self._login.origin}/auth/o2/token"

    def __enter__(self) -> Amazon:
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._api, self._login, self.host):
            server.close()

    def _issue_url(self, held: Held) -> str:
        return self.host.issue(held)

    def script(self, operation: str, *faults: Fault) -> None:
        """Let the next calls of an operation (or "login") go wrong."""
        self._faults[operation].extend(faults)

    def count(self, operation: str) -> int:
        return sum(1 for name, _ in self.calls if name == operation)

    # --- Login with Amazon ---

    def _log_in(self, asked: Asked) -> Answer:
        self.logins += 1
        form = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
        wrong = etiquette.header_breaches(
            *(asked.headers, etiquette.LOGIN),
            media="application/x-www-form-urlencoded",
        )
        if (asked.method, asked.target) != ("POST", "/auth/o2/token"):
            wrong.append(f"{asked.method} {asked.target}")
        names = {"grant_type", "refresh_token", "client_id", "client_secret"}
        if form.keys() != names or form["grant_type"] != "refresh_token":
            wrong.append(f"form of {sorted(form)}")
        self._note("login", wrong)
        if self._faults["login"]:
            fault = self._faults["login"].popleft()
            return json_answer(fault.status, fault.body, fault.headers)
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return json_answer(401, {"error": "invalid_client"})
        token = f"Atza|made+up/{self.logins}=="
        expires = self.time.seconds() + self.token_seconds
        self.tokens[token] = (form["refresh_token"], expires)
        return json_answer(
            200,
            {
                "access_token": token,
                "refresh_token": form["refresh_token"],
                "token_type": "bearer",
                "expires_in": self.token_seconds,
            },
        )

    # --- the API ---

    def _answer(self, asked: Asked) -> Answer:
        found = operation_of(asked.method, asked.path)
        if found is None:
            self._note("api", [f"no such operation: {asked.method} {asked.path}"])
            return self._refusal(404, "NotFound", "no such resource")
        operation, raw_id = found
        try:
            answer = self._operate(asked, operation, unquote(raw_id))
        except Exception as exc:
            self._note("the stand-in itself", [f"{operation.name}: {exc!r}"])
            raise
        self.calls.append((operation.name, 0 if answer.hang_up else answer.status))
        return answer

    def _operate(self, asked: Asked, operation: Operation, known_as: str) -> Answer:
        name = operation.name
        wrong = etiquette.header_breaches(
            *(asked.headers, etiquette.API),
            required=("user-agent", etiquette.TOKEN),
            media="application/json" if operation.body else None,
        )
        body, misshapen = self._read(asked, operation)
        wrong += misshapen
        account = self._account(asked, operation, known_as, wrong)
        fault = self._faults[name].popleft() if self._faults[name] else None
        if fault is None and self._is_beyond_plan(operation, account):
            wrong.append("beyond the usage plan")
            fault = Fault(429, error("QuotaExceeded", "You exceeded your quota"))
        self._watch_for_blind_repeats(name, asked.body, wrong, fault)
        self._note(name, wrong)
        self.bodies.append(body)
        if fault is not None and not fault.carried_out:
            return self._faulty(fault)
        if misshapen:
            return self._refusal(400, "InvalidInput", misshapen[0])
        if account is None:
            return self._refusal(403, "Unauthorized", "Access to resource denied.")
        status, value = getattr(self, _snake(name))(asked, body, known_as)
        if fault is not None:
            return self._faulty(fault)
        if status >= 400:
            return self._refusal(status, str(value), "refused")
        bad = [] if operation.answer is None else misfits(value, operation.answer, "")
        if bad and not self.liberal:
            raise AssertionError(f"the stand-in itself: {name} {bad}")
        rate = {"x-amzn-RateLimit-Limit": str(operation.rate)}
        return json_answer(operation.success, value, {**rate, **self._request_id()})

    def _read(self, asked: Asked, operation: Operation) -> tuple[Any, list[str]]:
        wrong = query_misfits(asked.query, operation)
        since = dict(parse_qsl(asked.query)).get("createdSince")
        if since and not wrong and moment(since) < self.time.now() - timedelta(days=90):
            wrong.append("createdSince lies more than 90 days back")
        if operation.body is None:
            return None, wrong
        try:
            body = json.loads(asked.body.decode())
        except ValueError:
            return None, ["the body is not JSON"]
        wrong += misfits(body, operation.body, "body")
        if not wrong:
            # "The value must be prior to or equal to the current date and time"
            latest = self.time.now() + timedelta(seconds=1)
            names = ("dataStartTime", "dataEndTime")
            late = [n for n in names if n in body and moment(body[n]) > latest]
            wrong += [f"body.{name} lies in the future" for name in late]
        return body, wrong

    def _account(
        self, asked: Asked, operation: Operation, known_as: str, wrong: list[str]
    ) -> str | None:
        """Return whose token it is; None where it opens nothing."""
        token = str(asked.headers.get(etiquette.TOKEN, ""))
        if token not in self.tokens:
            wrong.append("a token that was never issued")
            return None
        account, expires = self.tokens[token]
        held = self.documents.get(known_as)
        private = operation.name == "getReportDocument" and held and held.restricted
        needed = f"{BASE}/documents/{known_as}" if private else None
        if self.restricted_to.get(token) != needed:
            wrong.append("a token that is not for this path")
            return None
        return account if self.time.seconds() < expires else None

    def _is_beyond_plan(self, operation: Operation, account: str | None) -> bool:
        now, key = self.time.seconds(), (operation.name, account or "")
        full_at = max(self._full_at.get(key, now), now)
        if full_at - now > (operation.burst - 1) / operation.rate + 1e-3:
            return True
        self._full_at[key] = full_at + 1 / operation.rate
        return False

    def _watch_for_blind_repeats(
        self, name: str, sent: bytes, wrong: list[str], fault: Fault | None
    ) -> None:
        """After an unclear createReport the client has to look before it asks again."""
        if name == "getReports":
            self._unclear.clear()
        if name != "createReport":
            return
        text = sent.decode()
        if text in self._unclear:
            wrong.append("a second createReport without a look at getReports")
        if fault is not None and (fault.hang_up or fault.status >= 500):
            self._unclear.add(text)

    def _faulty(self, fault: Fault) -> Answer:
        if fault.hang_up:
            return Answer(0, hang_up=True)
        headers = {**self._request_id(), **fault.headers}
        return json_answer(fault.status, fault.body, headers)

    def _refusal(self, status: int, code: str, message: str) -> Answer:
        return json_answer(status, error(code, message), self._request_id())

    def _request_id(self) -> dict[str, str]:
        return {"x-amzn-RequestId": f"made-up-{next(self.ids)}"}

    def _note(self, where: str, wrong: Iterable[str]) -> None:
        self.breaches.extend(f"{where}: {each}" for each in wrong)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda upper: f"_{upper.group().lower()}", name)

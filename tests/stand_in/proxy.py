"""A proxy that holds both sides to the reference while it carries their messages.

Stands before the API and before Login with Amazon; documents are fetched past it, since
their URLs are signed for another host.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.stand_in import etiquette
from tests.stand_in.reference import (
    ERROR_LIST,
    Members,
    Operation,
    Text,
    Whole,
    misfits,
    operation_of,
    query_misfits,
)
from tests.stand_in.serving import Answer, Asked, Server

REFUSALS = {400, 401, 403, 404, 415, 429, 500, 503}
# Statuses for which the reference names x-amzn-RateLimit-Limit
RATED = {200, 201, 202, 400, 404}
LOGIN_ANSWER = Members(
    {"access_token": Text(), "token_type": Text(("bearer",))},
    {"refresh_token": Text(), "expires_in": Whole(1, 3600)},
)
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they passed."""

    operation: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any


class Proxy:
    """Forwards to `api` and `token_url`; a context manager."""

    def __init__(self, api: str, token_url: str) -> None:
        self._api, self._login = api, token_url
        self.of_requests: list[str] = []
        self.of_answers: list[str] = []
        self.passed: list[Exchange] = []
        self._servers = [Server(self._carry), Server(self._carry_login)]
        self.endpoint = self._servers[0].origin
        self.token_url = self._servers[1].origin + (urlsplit(token_url).path or "/")

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()

    def _carry(self, asked: Asked) -> Answer:
        found = operation_of(asked.method, asked.path)
        answer = _forward(self._api, asked)
        if found is None:
            self.of_requests.append(f"no operation: {asked.method} {asked.path}")
            return answer
        operation, _ = found
        sent, wrong = _request_misfits(asked, operation)
        self.of_requests += [f"{operation.name}: {each}" for each in wrong]
        value, wrong = answer_misfits(operation, answer)
        self.of_answers += [
            f"{operation.name} {answer.status}: {each}" for each in wrong
        ]
        query = dict(parse_qsl(asked.query))
        self.passed.append(Exchange(operation.name, query, sent, answer.status, value))
        return answer

    def _carry_login(self, asked: Asked) -> Answer:
        answer = _forward(self._login.rsplit(urlsplit(self._login).path, 1)[0], asked)
        form = dict(parse_qsl(asked.body.decode()))
        names = {"grant_type", "refresh_token", "client_id", "client_secret"}
        if asked.method != "POST" or asked.query or form.keys() != names:
            self.of_requests.append(f"login: {asked.method} with {sorted(form)}")
        if etiquette.TOKEN in {name.lower() for name in asked.headers}:
            self.of_requests.append("login: an access token came along")
        if answer.status == 200:
            wrong = misfits(json.loads(answer.body), LOGIN_ANSWER, "token")
            self.of_answers += [f"login: {each}" for each in wrong]
        elif "error" not in json.loads(answer.body):
            self.of_answers.append(f"login {answer.status}: no error code")
        return answer


def _request_misfits(asked: Asked, operation: Operation) -> tuple[Any, list[str]]:
    wrong = etiquette.header_breaches(
        *(asked.headers, etiquette.API),
        required=("user-agent", etiquette.TOKEN),
        media="application/json" if operation.body else None,
    )
    wrong += query_misfits(asked.query, operation)
    if operation.body is None:
        return None, wrong
    try:
        body = json.loads(asked.body.decode())
    except ValueError:
        return None, [*wrong, "the body is not JSON"]
    return body, wrong + misfits(body, operation.body, "body")


def answer_misfits(operation: Operation, answer: Answer) -> tuple[Any, list[str]]:
    """Return an answer's JSON, and what the reference does not say of it."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    wrong = []
    if not headers.get("x-amzn-requestid"):
        wrong.append("x-amzn-RequestId is missing")
    rate = headers.get("x-amzn-ratelimit-limit")
    if rate is not None and (answer.status not in RATED or float(rate) <= 0):
        wrong.append(f"x-amzn-RateLimit-Limit {rate}")
    if answer.status not in REFUSALS | {operation.success}:
        wrong.append("a status that the reference does not name")
    shape = operation.answer if answer.status < 400 else ERROR_LIST
    if shape is None:
        return None, wrong + (["a body where there is none"] if answer.body else [])
    if not headers.get("content-type", "").startswith("application/json"):
        wrong.append(f"Content-Type {headers.get('content-type')}")
    try:
        value = json.loads(answer.body.decode())
    except ValueError:
        return None, [*wrong, "the body is not JSON"]
    return value, wrong + misfits(value, shape, "answer")


def _forward(origin: str, asked: Asked) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=60)
    try:
        connection.putrequest(
            asked.method, asked.target, skip_host=True, skip_accept_encoding=True
        )
        connection.putheader("Host", urlsplit(origin).netloc)
        for name, value in asked.headers.items():
            if name.lower() not in HOP:
                connection.putheader(name, value)
        if asked.body:
            connection.putheader("Content-Length", str(len(asked.body)))
        connection.endheaders(asked.body or None)
        answer = connection.getresponse()
        body = answer.read()
        kept = {n: v for n, v in answer.getheaders() if n.lower() not in HOP}
        dropped = {n: v for n, v in kept.items() if n not in {"Date", "Server"}}
        return Answer(answer.status, body, dropped)
    finally:
        connection.close()

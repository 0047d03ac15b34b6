"""Login with Amazon and Restricted Data Tokens."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from spreports.clock import Clock
from spreports.simulator.journal import Journal
from spreports.simulator.refusal import forbidden, invalid, json_answer
from spreports.simulator.server import Answer, Request

DOCUMENT_PATH = re.compile(r"/reports/2021-06-30/documents/([^/{}]+)")
MAX_RESOURCES = 50
METHODS = frozenset({"GET", "PUT", "POST", "DELETE"})
# Nobody's real refresh token belongs into a test double; made-up ones are short
REAL_TOKEN_LENGTH = 200


@dataclass(frozen=True, slots=True, repr=False)
class MadeUpCredentials:
    """What a client of the simulator logs in with.

    Attributes
    ----------
    refresh_token, client_id, client_secret : str
    """

    refresh_token: str
    client_id: str
    client_secret: str

    @classmethod
    def fresh(cls) -> MadeUpCredentials:
        """Return credentials that no other simulator has."""
        return cls(
            f"simulator-refresh-{secrets.token_urlsafe(24)}",
            f"amzn1.application-oa2-client.simulator-{secrets.token_hex(8)}",
            f"simulator-secret-{secrets.token_urlsafe(24)}",
        )


class TokenOffice:
    """Gives tokens and knows whose they are and how long they live.

    Parameters
    ----------
    clock : Clock
    journal : Journal
    credentials : MadeUpCredentials
    lifetime : float, seconds
        Of access tokens and of RDTs.
    strict : bool
        Whether the values must be those of `credentials`.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        credentials: MadeUpCredentials,
        *,
        lifetime: float,
        strict: bool,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._credentials = credentials
        self._lifetime = lifetime
        self._strict = strict
        self._lock = threading.Lock()
        self._access: dict[str, float] = {}
        self._owners: dict[str, str] = {}
        self._restricted: dict[str, tuple[float, frozenset[tuple[str, str]]]] = {}

    def login(self, request: Request) -> Answer:
        """Answer ``POST /auth/o2/token``.

        Source: developer-docs.amazon.com/sp-api, connecting to the SP-API.
        """
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        error = self._login_error(request, form)
        if error is not None:
            status, code, words = error
            return json_answer(status, {"error": code, "error_description": words})
        token = f"Atza|simulator-{secrets.token_urlsafe(32)}"
        with self._lock:
            self._access[token] = self._clock.monotonic() + self._lifetime
            self._owners[token] = form["refresh_token"]
        return json_answer(
            200,
            {
                "access_token": token,
                "refresh_token": form["refresh_token"],
                "token_type": "bearer",
                "expires_in": int(self._lifetime),
            },
        )

    def _login_error(
        self, request: Request, form: Mapping[str, str]
    ) -> tuple[int, str, str] | None:
        """Return status, code and words of what is wrong with a login, if anything."""
        kind = request.headers.get("content-type", "")
        grant = form.get("grant_type", "")
        missing = [
            name
            for name in ("refresh_token", "client_id", "client_secret")
            if not form.get(name)
        ]
        words = ""
        if not kind.lower().startswith("application/x-www-form-urlencoded"):
            words = "The request must be a form."
        elif not grant:
            words = "The request is missing grant_type."
        elif grant == "refresh_token" and missing:
            words = f"The request is missing {missing[0]}."
        if words:
            return 400, "invalid_request", words
        if grant != "refresh_token":
            return 400, "unsupported_grant_type", "grant_type must be refresh_token."
        return self._foreign(form)

    def _foreign(self, form: Mapping[str, str]) -> tuple[int, str, str] | None:
        """Return what is wrong with the values themselves, if anything."""
        own, refresh = self._credentials, form["refresh_token"]
        if refresh.startswith("Atzr|") and len(refresh) >= REAL_TOKEN_LENGTH:
            words = "This is a simulator; keep real refresh tokens away from it."
            return 400, "invalid_grant", words
        application = form["client_id"], form["client_secret"]
        if self._strict and application != (own.client_id, own.client_secret):
            return 401, "invalid_client", "Client authentication failed."
        if self._strict and refresh != own.refresh_token:
            return 400, "invalid_grant", "The request has an invalid grant parameter."
        return None

    def restricted_token(self, body: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """Answer createRestrictedDataToken for whoever `owner_of` named.

        Raises
        ------
        Refusal
            400 for a resource that is missing, malformed, or a pattern.

        Source: Tokens API v2021-03-01, createRestrictedDataToken.
        """
        resources = body.get("restrictedResources")
        if not isinstance(resources, list) or not resources:
            raise invalid("restrictedResources must be a list with a resource in it.")
        if len(resources) > MAX_RESOURCES:
            raise invalid(f"At most {MAX_RESOURCES} restrictedResources are allowed.")
        granted = frozenset(self._resource(resource) for resource in resources)
        token = f"Atz.sprdt|simulator-{secrets.token_urlsafe(32)}"
        with self._lock:
            self._restricted[token] = (
                self._clock.monotonic() + self._lifetime,
                granted,
            )
            self._owners[token] = owner
        return {"restrictedDataToken": token, "expiresIn": int(self._lifetime)}

    def _resource(self, resource: object) -> tuple[str, str]:
        """Return method and path of a restricted resource."""
        if not isinstance(resource, dict):
            raise invalid("A restricted resource is an object with method and path.")
        method, path = resource.get("method"), resource.get("path")
        if method not in METHODS or not isinstance(path, str):
            raise invalid("A restricted resource needs a method and a path.")
        if "/reports/2021-06-30/documents" in path:
            if method != "GET" or DOCUMENT_PATH.fullmatch(path) is None:
                self._journal.breach(
                    "createRestrictedDataToken: not GET on one document's own path"
                )
                raise invalid("The path must be that of one report document.")
        elif not path.startswith("/"):
            raise invalid("The path of a restricted resource begins with a slash.")
        return str(method), unquote(path)

    def owner_of(self, request: Request) -> str:
        """Return the refresh token behind a request's token; "" for none."""
        with self._lock:
            token = request.headers.get("x-amz-access-token", "")
            return self._owners.get(token, "")

    def check(self, request: Request, *, restricted: bool) -> None:
        """Let a caller pass, or not.

        Parameters
        ----------
        request : Request
        restricted : bool
            Whether what is asked for needs an RDT for exactly its path.

        Raises
        ------
        Refusal
            403: no token, a foreign one, an expired one, or one of the wrong kind.
        """
        token = request.headers.get("x-amz-access-token", "")
        if not token:
            raise forbidden("Access token is missing in the request header.")
        with self._lock:
            ends, granted = self._restricted.get(token, (None, None))
            if granted is None:
                ends = self._access.get(token)
        if ends is None:
            raise forbidden("The access token you provided is malformed or invalid.")
        if self._clock.monotonic() >= ends:
            raise forbidden("The access token you provided has expired.")
        if granted is None:
            if restricted:
                raise forbidden("This document needs a Restricted Data Token.")
            return
        if (request.method, unquote(request.path)) not in granted:
            raise forbidden("The Restricted Data Token is not for this resource.")


def parse_json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body.

    Raises
    ------
    Refusal
        400 where the body is no JSON object.
    """
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The body is not a JSON object.")
    return body

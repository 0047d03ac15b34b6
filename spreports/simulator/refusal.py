"""A request that Amazon refuses, on its way from a check to the answer."""

from __future__ import annotations

import json
from typing import Any

from spreports.simulator.server import Answer


class Refusal(Exception):  # noqa: N818  a refusal, not an error of ours; it never leaves the room
    """Status, code and message of an ErrorList with one error."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def answer(self) -> Answer:
        """Return it as Amazon's ErrorList."""
        error = {"code": self.code, "message": self.message, "details": self.details}
        return json_answer(self.status, {"errors": [error]})

    def login(self) -> Answer:
        """Return it as Login with Amazon's.

        Source: RFC 6749, section 5.2.
        """
        error = {"error": self.code, "error_description": self.message}
        return json_answer(self.status, error)


def invalid(message: str, details: str = "") -> Refusal:
    """Return the refusal of a request as it was written: 400."""
    return Refusal(400, "InvalidInput", message, details)


def no_content(report_type: str) -> Refusal:
    """Return the refusal of a report that Amazon would make, and the simulator cannot.

    Here, and not in a FATAL report: it is no word of Amazon's.
    """
    return invalid(
        f"The simulator cannot make {report_type}, whose columns it does not know "
        "(report_types() has 0 for it): only Amazon itself can"
    )


def forbidden(details: str) -> Refusal:
    """Return the refusal of a caller: 403."""
    return Refusal(
        403, "Unauthorized", "Access to requested resource is denied.", details
    )


def not_found(message: str) -> Refusal:
    """Return the refusal of an id: 404."""
    return Refusal(404, "NotFound", message)


def json_answer(status: int, body: Any) -> Answer:
    """Return a JSON body as an answer."""
    return Answer(
        status=status,
        headers={"Content-Type": "application/json"},
        body=json.dumps(body, ensure_ascii=False).encode(),
    )

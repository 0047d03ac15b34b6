"""What a store has answered deltalake, found in the text that deltalake makes of it.

It raises an OSError or DeltaError without a number. Fixed pieces of its text are looked
for and nothing of it is told: it quotes keys, answers and, of a cast, the cell.
"""

from __future__ import annotations

import errno
import os
import re
from http import HTTPStatus

from spreports.load.denials import DENIALS, denial

__all__ = ["is_cut_off", "said", "status_said"]

# In one line, or one for each cause behind an arrow, in colour.
# Source: object_store, client/retry.rs, RequestError; reqwest, Error
_CAUSE = r"(?::|\n.*?↳\S*) "
_STATUS = re.compile(rf"Server returned non-2xx status code{_CAUSE}(\d{{3}}) ")
_CUT_OFF = re.compile(
    rf"HTTP error{_CAUSE}(?:error sending request|request or response body error|"
    "error decoding response body)"
)
_CERTIFICATE = re.compile("invalid peer certificate")
# Of a service that only gives out credentials, and need not be there: it is no store
_NO_STORE = re.compile(r"performing token request|//169\.254\.169\.254/")
# Source: aws-credential-types, CredentialsError; object_store, aws/builder.rs
_NO_CREDENTIALS = re.compile(
    "an error occurred while loading credentials|the credential provider was not"
    r" enabled|credentials provider timed out|//169\.254\.169\.254/latest/"
)
# Source: Amazon S3 API, Error responses
_CODES = re.compile(f"<Code>(NoSuchBucket|{'|'.join(DENIALS)})</Code>")
_REGION = re.compile("normally indicates an incorrectly configured region")
# Of a local path at which a file lies
_NO_FOLDER = re.compile(
    r"Invalid table location: Path does not exist|kind: NotADirectory"
)
# Of the log itself. Source: delta-kernel, log_segment.rs and error.rs
_GAP = re.compile(
    r"Expected contiguous commit files, but found gap:"
    r".*?/(\d{20})\.json.*?-> .*?/(\d{20})\.json",
    re.DOTALL,
)
_LOG = re.compile(
    "^Kernel error: (?:(?P<begin>No table metadata or protocol found)"
    "|(?P<checkpoint>Invalid Checkpoint)|(?P<damaged>(?:Json|Arrow|Parquet) error))"
)
_LOG_SAYS = {
    "begin": "its log lacks its first commits",
    "checkpoint": "its log lacks its checkpoint",
    "damaged": "a file of its log is damaged",
}
# Of what the table asks of those who write or read it. Source: delta-rs,
# TransactionError, and deltalake, DeltaTable.to_pyarrow_dataset
_APPEND_ONLY = re.compile(r"\bDelta table is append-only\b")
_FEATURES = re.compile(
    r"^(?:Unsupported table features required: \[(?P<written>[\w, ]+)\]"
    r"|The table has set these reader features: \{(?P<read>[\w', ]+)\})"
)
_RESTORE = (
    ": bring the files of _delta_log back from a copy, or from the versions that the"
    " bucket keeps. Without one the table cannot be written to any more: begin another"
)
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def status_said(exc: BaseException) -> int | None:
    """Return the HTTP status that a store has answered deltalake with, if any."""
    told = _text(exc)
    found = None if _NO_STORE.search(told) else _STATUS.search(told)
    return int(found[1]) if found else None


def is_cut_off(exc: BaseException) -> bool:
    """Tell whether deltalake had no connection to a store, or lost it."""
    told = _text(exc)
    if _NO_STORE.search(told) or _CERTIFICATE.search(told):
        return False
    return _CUT_OFF.search(told) is not None


def said(exc: BaseException, no_credentials: str) -> str | None:
    """Return what deltalake says of a store, in words of our own.

    Parameters
    ----------
    exc : BaseException
        Of deltalake or not.
    no_credentials : str
        What to say where none are found.

    Returns
    -------
    str or None
        None for all else.
    """
    told, status = _text(exc), status_said(exc)
    code = _CODES.search(told) if status else None
    if code is not None:
        is_none = code[1] == "NoSuchBucket"
        return "there is no such bucket" if is_none else denial(code[1])
    if status is not None:
        other = f"the store answered with status {status}"
        return denial(None) if status in _DENIED else other
    if is_cut_off(exc):
        return "there is no connection to the store, or it was lost"
    if (table := _of_table(told)) is not None:
        return table
    for pattern, words in (
        (_CERTIFICATE, "its certificate is not accepted on this machine"),
        (_REGION, "the bucket lies in another region: name it in storage_options"),
        (_NO_CREDENTIALS, no_credentials),
        (_NO_FOLDER, os.strerror(errno.ENOTDIR)),
        (
            _APPEND_ONLY,
            "it is append-only (delta.appendOnly), so that no newer version of a window"
            " can take the place of the older one",
        ),
    ):
        if pattern.search(told):
            return words
    return None


def _of_table(told: str) -> str | None:
    """Return what is wrong with a table's log, or which of its features are unknown."""
    if (features := _FEATURES.search(told)) is not None:
        names = (features["written"] or features["read"]).replace("'", "")
        return f"it has table features that deltalake does not know: {names}"
    if (gap := _GAP.search(told)) is not None:
        first, last = int(gap[1]) + 1, int(gap[2]) - 1
        which = f"commit {first}" if first == last else f"commits {first} to {last}"
        return f"its log lacks {which}{_RESTORE}"
    found = _LOG.search(told)
    return _LOG_SAYS[str(found.lastgroup)] + _RESTORE if found else None


def _text(exc: BaseException) -> str:
    """Return what an error says; nothing where deltalake has not raised it."""
    is_plain = type(exc) is OSError and exc.errno is None
    names = {kind.__name__ for kind in type(exc).__mro__}
    return str(exc) if is_plain or "DeltaError" in names else ""

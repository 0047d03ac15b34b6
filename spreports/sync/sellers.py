"""One seller under two accounts: a lake would have its rows twice.

An account is told by its credentials, and a seller who authorises an application anew
gets others. Amazon shows a report to its own seller alone, so that a report which the
lake has by another account, and which these credentials can read, proves who they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from spreports.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    SinkError,
    UnauthorizedError,
)
from spreports.ledger import LakeWindow
from spreports.reports.connection import Connection
from spreports.sync.lakeside import Lakeside
from spreports.sync.rebuild import OtherFeed
from spreports.sync.stream import Kind, Stream

__all__ = ["insist_on_one_account"]

# Source: Reports API v2021-06-30, getReport, responses 400, 401, 403 and 404
_NOT_OURS = (BadRequestError, UnauthorizedError, ForbiddenError, NotFoundError)


def insist_on_one_account(
    stream: Stream,
    connection: Connection,
    feeds: Sequence[OtherFeed],
    lake: Lakeside,
) -> None:
    """Refuse a feed that a lake has by another account of the same seller.

    Costs one getReport for each other account that keeps such a feed there.

    Parameters
    ----------
    stream : Stream
        Of which the lake has nothing yet by this account.
    connection : Connection
    feeds : sequence of OtherFeed
        Of the lake.
    lake : Lakeside

    Raises
    ------
    SinkError
        It is the same seller; says by which name to go on.
    APIError
        Amazon could not be asked.
    """
    newest: dict[str, LakeWindow] = {}
    ids = tuple(sorted(stream.marketplace_ids))
    others = list(_others_in_ledger(stream, connection, lake.name))
    others += [
        (other.account, other.window)
        for other in feeds
        if other.account != stream.account
        and (
            stream.kind == Kind.LISTED
            or (other.marketplace_ids, other.options) == (ids, dict(stream.options))
        )
    ]
    for account, window in others:
        known = newest.get(account)
        if known is None or window.made > known.made:
            newest[account] = window
    for account, window in newest.items():
        if _can_read(connection, window):
            name = lake.shown(stream)
            raise SinkError(
                f"{name} has {stream.label} by account {account!r}, and these"
                f" credentials, account {stream.account!r}, can read its report"
                f" {window.report_id}: they are of the same seller, whose rows would be"
                f" there twice. Go on by that name: SPREPORTS_ACCOUNT={account} beside"
                f' the credentials, or account = "{account}" in their profile',
                url=name,
            )


def _others_in_ledger(
    stream: Stream, connection: Connection, lake: str
) -> Iterator[tuple[str, LakeWindow]]:
    """Yield account and window of what other accounts have of the same feed."""
    windows = connection.ledger.windows
    own = json.loads(stream.key)
    for feed in windows.feeds(lake):
        said = json.loads(feed)
        account = str(said["account"])
        if account != stream.account and {**said, "account": stream.account} == own:
            for window in windows.of(lake, feed):
                if window.created_time is not None and window.report_id is not None:
                    yield account, window


def _can_read(connection: Connection, window: LakeWindow) -> bool:
    """Whether Amazon shows a report to these credentials, as the lake has it."""
    try:
        report = connection.api.get_report(str(window.report_id))
    except _NOT_OURS:
        return False
    return report.created_time == window.created_time

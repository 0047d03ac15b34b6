"""What a lake holds: its reports, told by their markers alone.

A marker's note has, below ``spreports.``, what the ledger knows of a report: so a
ledger that was lost can be made anew from the lake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from spreports.load.marker import PREFIX

__all__ = ["LakeReport", "newest", "report_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeReport:
    """One report whose rows a lake holds.

    Attributes
    ----------
    report_id : str or None
        None for a document that did not come from Amazon.
    report_type, account, marketplace : str or None
        `account` is the fingerprint of the credentials, or SPREPORTS_ACCOUNT.
    marketplace_ids : tuple of str
        Sorted; empty where they were not written down.
    options : mapping of str to str
    data_start_time, data_end_time, created_time : datetime or None, aware UTC
        `created_time` is Amazon's. A report that was asked for without dates shows the
        present, and has the time of its making for both.
    request_key, report_document_id, sha256, table, version : str or None
        The request's name in the ledger; the hash of the stored bytes; the table
        where there are several; the version of spreports that wrote.
    version_of : str or None
        What the rows are a version of, where no request says it: a settlement.
    rows : int
    root : str
        URL of the data root.
    stem : str
        Of its files, before any compaction.
    """

    report_id: str | None
    report_type: str | None
    account: str | None
    marketplace: str | None
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str] = field(hash=False)
    data_start_time: datetime | None
    data_end_time: datetime | None
    created_time: datetime | None
    request_key: str | None
    report_document_id: str | None
    sha256: str | None
    table: str | None
    version: str | None
    version_of: str | None = None
    rows: int
    root: str
    stem: str

    @property
    def window(self) -> tuple[object, ...]:
        """What is equal for two versions of the same data.

        Account, type, table, marketplaces, options and both dates, where dates were
        asked for; of a settlement its own id. A document that did not come from Amazon
        is a version of nothing else.
        """
        if self.report_id is None:
            return (self.root, self.stem)
        if self.version_of is not None:
            return (self.account, self.report_type, self.table, self.version_of)
        return (
            self.account,
            self.report_type,
            self.table,
            self.marketplace_ids or self.marketplace,
            tuple(sorted(self.options.items())),
            *self.dates,
        )

    @property
    def dates(self) -> tuple[datetime | None, datetime | None]:
        """Both dates; None for a report that was asked for without: a snapshot."""
        if _asks_for_the_present(self.request_key):
            return (None, None)
        return (self.data_start_time, self.data_end_time)

    @property
    def metadata(self) -> dict[str, object]:
        """Return the values of the metadata columns."""
        start = self.data_start_time
        return {
            "report_id": self.report_id,
            "report_type": self.report_type,
            "marketplace": self.marketplace,
            "data_start_time": start,
            "data_end_time": self.data_end_time,
            "date": start.date() if start else None,
        }

    @property
    def age(self) -> tuple[object, ...]:
        """Order of versions: by creation at Amazon, then by report id."""
        made = self.created_time or datetime.min.replace(tzinfo=UTC)
        name = self.report_id or self.stem
        return (made, len(name) if name.isdecimal() else 0, name)


def report_of(
    note: Mapping[str, str], *, rows: int, root: str, stem: str
) -> LakeReport:
    """Read a marker's note.

    Parameters
    ----------
    note : mapping of str to str
        What is missing or cannot be read is None.
    rows : int
    root, stem : str

    Returns
    -------
    LakeReport
    """

    def text(name: str) -> str | None:
        return note.get(PREFIX + name) or None

    ids = text("marketplace_ids") or ""
    return LakeReport(
        report_id=text("report_id"),
        report_type=text("report_type"),
        account=text("account"),
        marketplace=text("marketplace"),
        marketplace_ids=tuple(sorted(i for i in ids.split(",") if i)),
        options=_options(text("options")),
        data_start_time=_time(text("data_start_time")),
        data_end_time=_time(text("data_end_time")),
        created_time=_time(text("created_time")),
        request_key=text("request_key"),
        report_document_id=text("report_document_id"),
        sha256=text("sha256"),
        table=text("table"),
        version=text("version"),
        version_of=text("version_of"),
        rows=rows,
        root=root,
        stem=stem,
    )


def newest(reports: Iterable[LakeReport]) -> dict[tuple[object, ...], LakeReport]:
    """Return the newest version of each window, by `LakeReport.window`."""
    found: dict[tuple[object, ...], LakeReport] = {}
    for report in reports:
        known = found.get(report.window)
        if known is None or known.age < report.age:
            found[report.window] = report
    return found


def _asks_for_the_present(request_key: str | None) -> bool:
    """Whether a request has no dates; a key that cannot be read tells nothing."""
    try:
        asked = json.loads(request_key or "")
        return asked["dataStartTime"] is None and asked["dataEndTime"] is None
    except (ValueError, KeyError, TypeError):
        return False


def _time(text: str | None) -> datetime | None:
    """Read an ISO 8601 time as UTC; a naive one is none of ours."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else None


def _options(text: str | None) -> dict[str, str]:
    """Read reportOptions."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {str(name): str(item) for name, item in value.items()}

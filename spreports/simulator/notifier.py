"""Tell of finished reports, as Amazon's notifications do.

Source: selling-partner-api-models, schemas/notifications,
ReportProcessingFinishedNotification.json (2020-09-04).
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from spreports.simulator.lifecycle import Report

if TYPE_CHECKING:
    from spreports.simulator.simulator import Simulator

# Real seconds between looks at the clock: a report ends by time alone.
LOOK_SECONDS = 0.02
ENDED = frozenset({"CANCELLED", "DONE", "FATAL"})


class Notifier:
    """Calls back for every report of a simulator's seller that ends.

    Whoever asked for it: createReport, a schedule, or another application
    (`Simulator.place_report`). Reports that had ended before are not told of. A context
    manager, which looks from a thread of its own; or call `look`.

    Parameters
    ----------
    simulator : Simulator
    on_finished : callable, dict -> None
        Gets each notification, once; puts it into an SQS queue, say. What it raises
        goes to `failures`, and the notification is lost, as Amazon's may be.

    Attributes
    ----------
    failures : list of Exception
    """

    def __init__(
        self, simulator: Simulator, on_finished: Callable[[dict[str, Any]], None]
    ) -> None:
        self._book = simulator._book  # noqa: SLF001 - of the same room
        self._clock = simulator.clock
        self._on_finished = on_finished
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.failures: list[Exception] = []
        self._told = {report.report_id for report in self._ended()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> int:
        """Tell of the reports that have ended since the last time; return how many."""
        ended = [r for r in self._ended() if r.report_id not in self._told]
        for report in ended:
            self._told.add(report.report_id)
            try:
                self._on_finished(notification(report, self._clock.now()))
            except Exception as exc:  # noqa: BLE001 - the callback is not ours; kept for the test to see
                self.failures.append(exc)
        return len(ended)

    def _look_on(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.look()

    def _ended(self) -> list[Report]:
        """Return the reports that have ended, the newest first."""
        now = self._clock.now()
        return self._book.newest_first(lambda report: report.status(now) in ENDED)


def notification(report: Report, now: datetime) -> dict[str, Any]:
    """Return the notification of a report that has ended.

    Parameters
    ----------
    report : Report
    now : datetime, aware

    Returns
    -------
    dict
        As the schema says; made-up ids beside the report's own.
    """
    at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {
        "sellerId": "A3SIMULATEDSELLER",
        "accountId": "amzn1.merchant.o.A3SIMULATEDSELLER",
        "reportId": report.report_id,
        "reportType": report.report_type,
        "processingStatus": report.status(now),
    }
    if report.document_id is not None:
        told["reportDocumentId"] = report.document_id
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": "REPORT_PROCESSING_FINISHED",
        "payloadVersion": "2020-09-04",
        "eventTime": at,
        "payload": {"reportProcessingFinishedNotification": told},
        "notificationMetadata": {
            "applicationId": "amzn1.sellerapps.app.simulated",
            "subscriptionId": "simulated-subscription",
            "publishTime": at,
            "notificationId": str(uuid.uuid4()),
        },
    }

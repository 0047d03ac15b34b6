"""Amazon Selling Partner reports as dataframes.

>>> import spreports as spr
>>> client = spr.connect("simulator")
>>> orders = client.reports("orders", start="30d", marketplaces=["DE", "FR"])
>>> frame = orders.scan()  # a polars LazyFrame

Names are imported on first use: ``import spreports`` itself loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from spreports import errors

if TYPE_CHECKING:
    from spreports import simulator as simulator
    from spreports.api.credentials import Credentials as Credentials
    from spreports.api.marketplaces import Marketplace as Marketplace
    from spreports.api.marketplaces import Region as Region
    from spreports.api.models import CompressionAlgorithm as CompressionAlgorithm
    from spreports.api.models import Period as Period
    from spreports.api.models import ProcessingStatus as ProcessingStatus
    from spreports.api.models import Report as Report
    from spreports.api.models import ReportDocument as ReportDocument
    from spreports.api.models import ReportPage as ReportPage
    from spreports.api.models import ReportSchedule as ReportSchedule
    from spreports.catalog import ReportType as ReportType
    from spreports.catalog.parts import Column as Column
    from spreports.catalog.parts import Option as Option
    from spreports.catalog.parts import Table as Table
    from spreports.checkup import Finding as Finding
    from spreports.checkup import check_setup as check_setup
    from spreports.client.client import Client as Client
    from spreports.client.connecting import connect as connect
    from spreports.client.files import open_document as open_document
    from spreports.errors import APIError as APIError
    from spreports.errors import BadRequestError as BadRequestError
    from spreports.errors import BusyError as BusyError
    from spreports.errors import ConfigError as ConfigError
    from spreports.errors import DecodeError as DecodeError
    from spreports.errors import DecompressError as DecompressError
    from spreports.errors import DocumentError as DocumentError
    from spreports.errors import DownloadError as DownloadError
    from spreports.errors import DriftError as DriftError
    from spreports.errors import ErrorDetail as ErrorDetail
    from spreports.errors import ForbiddenError as ForbiddenError
    from spreports.errors import NotFoundError as NotFoundError
    from spreports.errors import ParseError as ParseError
    from spreports.errors import ReportCancelledError as ReportCancelledError
    from spreports.errors import ReportEmptyError as ReportEmptyError
    from spreports.errors import ReportError as ReportError
    from spreports.errors import ReportFatalError as ReportFatalError
    from spreports.errors import ServerError as ServerError
    from spreports.errors import SinkError as SinkError
    from spreports.errors import SinkOutageError as SinkOutageError
    from spreports.errors import SPReportsError as SPReportsError
    from spreports.errors import ThrottledError as ThrottledError
    from spreports.errors import TransportError as TransportError
    from spreports.errors import UnauthorizedError as UnauthorizedError
    from spreports.errors import WaitTimeoutError as WaitTimeoutError
    from spreports.facts import marketplace as marketplace
    from spreports.facts import report_type as report_type
    from spreports.facts import report_types as report_types
    from spreports.lake.check import CheckResult as CheckResult
    from spreports.lake.check import Problem as Problem
    from spreports.lake.columns import Protected as Protected
    from spreports.lake.compact import Compacted as Compacted
    from spreports.lake.contents import LakeReport as LakeReport
    from spreports.lake.lake import Lake as Lake
    from spreports.lake.purge import Purged as Purged
    from spreports.lake.scan import scan_lake as scan_lake
    from spreports.load.parquet import SinkResult as SinkResult
    from spreports.notifications.sqs import SQSQueue as SQSQueue
    from spreports.plan.plan import Plan as Plan
    from spreports.plan.plans import Plans as Plans
    from spreports.plan.windows import Window as Window
    from spreports.reports.document import Document as Document
    from spreports.reports.drift import Drift as Drift
    from spreports.reports.outcome import Outcome as Outcome
    from spreports.reports.outcome import OutcomeKind as OutcomeKind
    from spreports.reports.progress import Progress as Progress
    from spreports.reports.reports import Reports as Reports
    from spreports.schedules.changes import ScheduleChange as ScheduleChange
    from spreports.schedules.changes import ScheduleChanges as ScheduleChanges
    from spreports.schedules.harvest import Harvest as Harvest
    from spreports.schedules.schedule import Schedule as Schedule
    from spreports.schedules.schedules import Schedules as Schedules
    from spreports.sync import Feed as Feed
    from spreports.sync import FeedsFile as FeedsFile
    from spreports.sync import SyncResult as SyncResult
    from spreports.sync import read_feeds as read_feeds
    from spreports.sync.quality import Quality as Quality
    from spreports.sync.quality import TableQuality as TableQuality
    from spreports.sync.result import MissingWindow as MissingWindow
    from spreports.sync.result import PlannedWindow as PlannedWindow
    from spreports.sync.result import SyncPlan as SyncPlan

    __version__: str

_HOMES = {
    "CheckResult": "lake.check",
    "Client": "client.client",
    "Column": "catalog.parts",
    "Compacted": "lake.compact",
    "CompressionAlgorithm": "api.models",
    "Credentials": "api.credentials",
    "Document": "reports.document",
    "Drift": "reports.drift",
    "Feed": "sync",
    "FeedsFile": "sync",
    "Finding": "checkup",
    "Harvest": "schedules.harvest",
    "Lake": "lake.lake",
    "LakeReport": "lake.contents",
    "Marketplace": "api.marketplaces",
    "MissingWindow": "sync.result",
    "Option": "catalog.parts",
    "Outcome": "reports.outcome",
    "OutcomeKind": "reports.outcome",
    "Period": "api.models",
    "Plan": "plan.plan",
    "PlannedWindow": "sync.result",
    "Plans": "plan.plans",
    "Problem": "lake.check",
    "ProcessingStatus": "api.models",
    "Progress": "reports.progress",
    "Protected": "lake.columns",
    "Purged": "lake.purge",
    "Quality": "sync.quality",
    "Region": "api.marketplaces",
    "Report": "api.models",
    "ReportDocument": "api.models",
    "ReportPage": "api.models",
    "ReportSchedule": "api.models",
    "ReportType": "catalog",
    "Reports": "reports.reports",
    "SQSQueue": "notifications.sqs",
    "Schedule": "schedules.schedule",
    "ScheduleChange": "schedules.changes",
    "ScheduleChanges": "schedules.changes",
    "Schedules": "schedules.schedules",
    "SinkResult": "load.parquet",
    "SyncPlan": "sync.result",
    "SyncResult": "sync",
    "Table": "catalog.parts",
    "TableQuality": "sync.quality",
    "Window": "plan.windows",
    "check_setup": "checkup",
    "connect": "client.connecting",
    "marketplace": "facts",
    "open_document": "client.files",
    "read_feeds": "sync",
    "report_type": "facts",
    "report_types": "facts",
    "scan_lake": "lake.scan",
}
_ROOMS = ("errors", "simulator")

__all__ = sorted([*_HOMES, *errors.__all__, *_ROOMS])  # noqa: PLE0605 - a test holds it to the imports above


# A type checker would take it for a leave to misspell
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name on first use."""
        if name == "simulator":
            return import_module("spreports.simulator")
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - slow, seldom asked

            return version("spreports")
        home = "errors" if name in errors.__all__ else _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'spreports' has no attribute {name!r}")
        value = getattr(import_module(f"spreports.{home}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]

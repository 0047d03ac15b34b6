"""The public names are these; importing them is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from inspect import get_annotations
from pathlib import Path

import pytest

import spreports as spr

NAMES = [
    "APIError",
    "BadRequestError",
    "BusyError",
    "CheckResult",
    "Client",
    "Column",
    "Compacted",
    "CompressionAlgorithm",
    "ConfigError",
    "Credentials",
    "DecodeError",
    "DecompressError",
    "Document",
    "DocumentError",
    "DownloadError",
    "Drift",
    "DriftError",
    "ErrorDetail",
    "Feed",
    "FeedsFile",
    "Finding",
    "ForbiddenError",
    "Harvest",
    "Lake",
    "LakeReport",
    "Marketplace",
    "MissingWindow",
    "NotFoundError",
    "Option",
    "Outcome",
    "OutcomeKind",
    "ParseError",
    "Period",
    "Plan",
    "PlannedWindow",
    "Plans",
    "Problem",
    "ProcessingStatus",
    "Progress",
    "Protected",
    "Purged",
    "Quality",
    "Region",
    "Report",
    "ReportCancelledError",
    "ReportDocument",
    "ReportEmptyError",
    "ReportError",
    "ReportFatalError",
    "ReportPage",
    "ReportSchedule",
    "ReportType",
    "Reports",
    "SPReportsError",
    "SQSQueue",
    "Schedule",
    "ScheduleChange",
    "ScheduleChanges",
    "Schedules",
    "ServerError",
    "SinkError",
    "SinkOutageError",
    "SinkResult",
    "SyncPlan",
    "SyncResult",
    "Table",
    "TableQuality",
    "ThrottledError",
    "TransportError",
    "UnauthorizedError",
    "WaitTimeoutError",
    "Window",
    "check_setup",
    "connect",
    "errors",
    "marketplace",
    "open_document",
    "read_feeds",
    "report_type",
    "report_types",
    "scan_lake",
    "simulator",
]


def test_the_public_names_are_these() -> None:
    assert spr.__all__ == sorted(NAMES)


def test_every_public_name_can_be_imported() -> None:
    for name in spr.__all__:
        assert getattr(spr, name) is not None
    assert set(spr.__all__) <= set(dir(spr))
    assert dir(spr.simulator) == spr.simulator.__all__


WAYS_OUT = {"batches", "read", "scan", "sink", "tables"}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (spr.Client, "close document existing outcome reports schedules sync"),
        (spr.Document, "drift fields save"),
        (spr.Lake, "check compact protect purge reports scan"),
        (spr.Reports, "outcomes plan wait"),
        (spr.SQSQueue, "close counts finished"),
        (spr.Schedules, "apply cancel harvest list"),
    ],
)
def test_what_a_notebook_completes_is_for_users(kind: type, names: str) -> None:
    ways_out = WAYS_OUT if kind in (spr.Document, spr.Reports) else set()

    public = {name for name in dir(kind) if not name.startswith("_")}

    assert public == {*names.split(), *ways_out}


def test_every_error_is_at_the_top_as_well() -> None:
    for name in spr.errors.__all__:
        assert getattr(spr, name) is getattr(spr.errors, name)


def test_there_is_one_root_of_all_errors() -> None:
    for name in spr.errors.__all__:
        kind = getattr(spr.errors, name)
        if isinstance(kind, type) and issubclass(kind, Exception):
            assert issubclass(kind, spr.SPReportsError)


def test_what_an_error_is_given_is_an_attribute_that_it_declares() -> None:
    package = Path(spr.__file__).parent
    seen, undeclared = set(), []
    for path in package.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            kind = getattr(spr.errors, name, None)
            if not isinstance(kind, type) or not issubclass(kind, spr.SPReportsError):
                continue
            declared = {name for base in kind.__mro__ for name in get_annotations(base)}
            given = {keyword.arg for keyword in call.keywords} - {None}
            seen |= given
            if given - declared:
                undeclared.append(
                    (f"{path.name}:{call.lineno}", name, given - declared)
                )

    assert undeclared == []
    assert {"status", "report_id", "row", "url"} <= seen


HEAVY = [
    *("polars", "pyarrow", "numpy", "pandas", "fsspec", "requests", "urllib3"),
    *("backoff", "isal", "wasmtime", "tqdm", "sqlite3", "asyncio"),
    "importlib.metadata",
]


def test_a_type_checker_finds_a_misspelt_name(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy comes with the extra lint")
    script = tmp_path / "downstream.py"
    script.write_text(
        "import spreports as spr\n"
        "spr.opne_document\n"
        "spr.open_document\n"
        "version: str = spr.__version__\n"
    )
    # Skipping what the package imports: a second, and not a minute
    options = [
        "--strict",
        "--follow-imports=skip",
        "--config-file=",
        "--no-incremental",
    ]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "mypy", *options, str(script), spr.__file__],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    told = [line for line in done.stdout.splitlines() if "downstream.py" in line]
    assert len(told) == 1, done.stdout
    assert 'has no attribute "opne_document"' in told[0]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, spreports\n"
        f"heavy = {{*{HEAVY}, 'dataclasses', 'inspect'}}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_is_sunk_without_what_asks_amazon(tmp_path: Path) -> None:
    code = (
        "import sys, spreports as spr\n"
        "spr.open_document(sys.argv[1], report_type='orders').sink(sys.argv[2])\n"
        "heavy = {'requests', 'urllib3', 'backoff', 'sqlite3', 'asyncio', 'polars'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    document = tmp_path / "orders.txt"
    document.write_text("amazon-order-id\tquantity\n111-1\t2\n")
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, document, tmp_path / "lake"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_lines_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, spreports.cli as cli\n"
        "cli.main.__module__\n"
        "from spreports.cli.main import parser\n"
        "parser().format_help()\n"
        f"heavy = set({HEAVY})\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

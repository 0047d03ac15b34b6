"""What became of a report, where reports are shown: in JSON and by exit code."""

from __future__ import annotations

import json

import pytest

from spreports.cli import main
from spreports.cli.exits import exit_code
from spreports.errors import ReportEmptyError
from spreports.simulator import Fault, Simulator
from tests.cli.test_commands import json_lines

CREATE = ["reports", "create", "orders", "--start", "7d", "-m", "DE"]


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (None, "done", 0),
        (Fault(operation="report", kind="cancelled"), "empty", 3),
        (Fault(operation="report", kind="fatal", message="It broke."), "fatal", 1),
        (
            Fault(operation="report", kind="fatal", message="Not ready yet"),
            "not_ready",
            3,
        ),
        (
            Fault(operation="createReport", kind="status", status=400),
            "wrong_options",
            1,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reports_that_were_created_say_their_outcome(
    environment: Simulator,
    capsys: pytest.CaptureFixture[str],
    fault: Fault | None,
    kind: str,
    code: int,
) -> None:
    if fault is not None:
        environment.faults.add(fault)

    assert main([*CREATE, "--json"]) == code

    shown = capsys.readouterr()
    (row,) = json_lines(shown.out)
    outcome = row["outcome"]
    assert isinstance(outcome, dict)
    assert outcome["kind"] == kind
    assert outcome["evidence"]
    assert ("to do:" in shown.err) is (kind != "done")


def test_one_report_is_explained_by_its_id(
    environment: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.faults.add(
        Fault(operation="report", kind="fatal", message="reportPeriod is required.")
    )
    main([*CREATE, "--json"])
    (row,) = json_lines(capsys.readouterr().out)
    report_id = str(row["report_id"])

    assert main(["reports", "outcome", report_id, "--json"]) == 1
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["kind"] == "wrong_options"
    assert outcome["evidence"]["document_text"] == "reportPeriod is required."
    assert outcome["report"]["reportId"] == report_id

    assert main(["reports", "outcome", report_id]) == 1
    shown = capsys.readouterr().out
    assert "wrong_options" in shown
    assert "no, inferred" in shown


def test_load_of_a_failed_report_goes_by_its_outcome(
    environment: Simulator, tmp_path: object
) -> None:
    environment.faults.add(
        Fault(operation="report", kind="fatal", message="Not ready yet")
    )
    words = ["load", "orders", "--start", "7d", "-m", "DE", "--to", f"{tmp_path}/lake"]

    assert main(words) == 3


def test_no_rows_are_exit_3_whatever_the_report_says() -> None:
    assert exit_code(ReportEmptyError("no rows")) == 3

"""``spreports schedules``: a file of wanted schedules, and single operations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spreports.cli import main
from spreports.simulator import Fault, Simulator

WANTED = """
[[schedule]]
report_type = "sales_and_traffic"
marketplaces = ["DE"]
period = "P1D"

[[schedule]]
report_type = "orders_shipping"
marketplaces = ["DE"]
period = "PT4H"
"""


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    path = tmp_path / "schedules.toml"
    path.write_text(WANTED, encoding="utf-8")
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def asked(simulator: Simulator, operation: str) -> int:
    return sum(request.operation == operation for request in simulator.requests)


def test_plan_shows_and_apply_makes_what_the_file_wants_once(
    environment: Simulator, wanted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schedules", "plan", str(wanted)]) == 0
    assert "would be: 2 created" in capsys.readouterr().out
    assert asked(environment, "createReportSchedule") == 0

    assert main(["schedules", "apply", str(wanted), "--json"]) == 0
    assert [line["action"] for line in lines(capsys)] == ["create", "create"]
    assert main(["schedules", "apply", str(wanted), "--json"]) == 0
    assert [line["action"] for line in lines(capsys)] == ["keep", "keep"]

    assert asked(environment, "createReportSchedule") == 2


def test_others_are_cancelled_only_where_a_flag_says_so(
    environment: Simulator, wanted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["schedules", "apply", str(wanted)])
    first, _, second = WANTED.partition('[[schedule]]\nreport_type = "orders')
    assert second
    wanted.write_text(first, encoding="utf-8")
    apply = ["schedules", "apply", str(wanted), "--json"]
    capsys.readouterr()

    assert main(apply) == main([*apply, "--cancel-others"]) == 0
    assert {line["action"] for line in lines(capsys)} == {"keep"}
    assert main([*apply, "--cancel-others-of", "orders_shipping"]) == 0
    assert [line["action"] for line in lines(capsys)] == ["keep", "cancel"]

    assert main(["schedules", "list", "--json"]) == 0
    (left,) = lines(capsys)
    assert left["report_type"] == "GET_SALES_AND_TRAFFIC_REPORT"


@pytest.mark.slow
def test_schedules_are_listed_and_cancelled_by_id(
    environment: Simulator, wanted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schedules", "list"]) == 3
    main(["schedules", "apply", str(wanted)])
    capsys.readouterr()
    assert main(["schedules", "list", "--json"]) == 0
    ids = [str(line["report_schedule_id"]) for line in lines(capsys)]

    assert main(["schedules", "cancel", *ids, "--json"]) == 0

    assert [line["reportScheduleId"] for line in lines(capsys)] == ids
    assert main(["schedules", "list"]) == 3
    assert main(["schedules", "cancel", ids[0]]) == 1


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", 3, "no schedule is wanted"),
        ("[[schedule]]\nperiod = 'P1D'", 2, "schedule 1: missing"),
        (WANTED.replace("P1D", "PT5M"), 2, "choose a longer period"),
        (None, 2, "schedules.toml cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_exit_code(
    environment: Simulator,
    wanted: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    text: str | None,
    code: int,
    told: str,
) -> None:
    if text is None:
        wanted.unlink()
    else:
        wanted.write_text(text, encoding="utf-8")

    assert main(["schedules", "apply", str(wanted)]) == code

    shown = capsys.readouterr()
    assert (shown.out, told in shown.err) == ("", True)
    assert environment.requests == []


def test_a_failure_says_how_many_changes_were_made(
    environment: Simulator, wanted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.faults.add(
        Fault(operation="createReportSchedule", kind="status", status=403, nth=2)
    )

    assert main(["schedules", "apply", str(wanted)]) == 4

    assert "1 of 2 changes of schedules were made" in capsys.readouterr().err

"""``--timeout``: a report that Amazon does not finish holds no command for hours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spreports as spr
from spreports.cli import main
from spreports.simulator import Fault, Simulator

STUCK = Fault(operation="report", kind="stuck", nth=2)
LOAD = [
    *("load", "orders", "-m", "DE,FR", "--per-marketplace"),
    *("--start", "2026-10-01", "--end", "2026-10-02"),
]


@pytest.mark.slow
def test_a_sync_takes_what_is_finished_in_time_and_tells_the_rest(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(
        f'to = "{tmp_path}/lake"\n[[feed]]\nreport_type = "orders"\n'
        'marketplaces = ["DE"]\nsince = "3d"\n'
    )
    environment.faults.add(STUCK)

    assert main(["sync", str(feeds), "--timeout", "30m", "--json"]) == 5

    said = json.loads(capsys.readouterr().out)
    assert said["windows"] == 2
    assert [one["kind"] for one in said["failed"]] == ["WaitTimeoutError"]


@pytest.mark.slow
def test_a_load_ends_when_its_time_is_up_and_can_be_taken_up(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.faults.add(STUCK)
    command = [*LOAD, "--to", str(tmp_path / "out"), "--timeout"]

    assert main([*command, "1800"]) == 5

    said = capsys.readouterr().err
    assert "not finished in time" in said
    assert "the same command with --start" in said
    assert "object" not in said
    created = [r for r in environment.requests if r.operation == "createReport"]
    assert main([*command, "600s"]) == 5
    assert (
        len(created)
        == 2
        == sum(r.operation == "createReport" for r in environment.requests)
    )


def test_a_load_writes_what_is_finished_in_time(
    environment: Simulator, tmp_path: Path
) -> None:
    environment.faults.add(STUCK)

    assert main([*LOAD, "--to", str(tmp_path / "out"), "--timeout", "30m"]) == 5

    assert len(list((tmp_path / "out").glob("*.parquet"))) == 1


@pytest.mark.slow
def test_a_sink_names_all_reports_that_are_late(
    environment: Simulator, tmp_path: Path
) -> None:
    environment.faults.add(Fault(operation="report", kind="stuck", times=0))
    with environment.client() as client:
        reports = client.reports(
            "orders", start="3d", marketplaces=["DE", "FR"], per_marketplace=True
        )

        with pytest.raises(spr.WaitTimeoutError) as caught:
            reports.sink(tmp_path, timeout=1800)

    assert len(caught.value.report_ids) == 2


def test_a_load_that_can_never_be_written_asks_for_nothing(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*LOAD, "--to", str(tmp_path / "out"), "--timeout", "6h"]

    assert main([*command, "--table", "nonsense"]) == 2

    assert "nonsense" in capsys.readouterr().err
    assert not [r for r in environment.requests if r.operation == "createReport"]


def test_with_time_enough_a_load_writes_all(
    environment: Simulator, tmp_path: Path
) -> None:
    assert main([*LOAD, "--to", str(tmp_path / "out"), "--timeout", "6h"]) == 0
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 2


@pytest.mark.parametrize("text", ["", "h", "-1", "1.5h", "2 h", "1d", "nan", "²"])
def test_what_is_no_time_is_a_wrong_command_line(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*LOAD, "--to", "out", f"--timeout={text}"])
    assert "90m, 2h or 600" in capsys.readouterr().err

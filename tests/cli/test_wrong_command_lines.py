"""Command lines that cannot be, and output that nobody takes: sentences, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spreports.cli import main
from spreports.simulator import Simulator

SAMPLE = str(Path(__file__).parents[2] / "data" / "samples" / "orders_DE.txt")


@pytest.mark.parametrize(
    ("folders", "code"), [("sku,sku", 2), ("sku:day", 1), ("sku:week", 1)]
)
def test_folders_that_no_report_could_have_cost_a_load_nothing(
    environment: Simulator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    folders: str,
    code: int,
) -> None:
    words = ["load", "orders", "--start", "3d", "-m", "DE", "--to", str(tmp_path)]

    assert main([*words, "--partition-by", folders]) == code

    assert "cannot partition by" in capsys.readouterr().err
    assert environment.requests == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["simulate", "--port", "99999"],
            "--port: must be a whole number from 0 to 65",
        ),
        (["simulate", "--port", "-1"], "--port: must be a whole number from 0 to 65"),
        (["simulate", "--port", "http"], "--port: must be a whole number from 0 to 65"),
        (
            ["reports", "list", "orders", "-n", "-1"],
            "--most: must be a whole number of",
        ),
        (["reports", "list", "orders", "-n", "0"], "--most: must be a whole number of"),
        (["show", SAMPLE, "-n", "-1"], "--rows: must be a whole number of at least 0"),
        (["document", "7", "-n", "-1"], "--rows: must be a whole number of at least 0"),
    ],
)
def test_a_number_out_of_range_is_exit_2(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_an_option_that_is_given_twice_is_exit_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["plan", "sales_and_traffic", "-m", "DE", "--start", "3d", "--simulator"]

    assert main([*words, "-o", "x=1", "-o", "y=1", "-o", "x=2"]) == 2

    assert "--option 'x' is given twice" in capsys.readouterr().err


def test_a_fault_script_that_is_not_there_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for script in (tmp_path / "nowhere.json", tmp_path):
        assert main(["simulate", "--faults", str(script)]) == 2
        assert f"{script} cannot be read: " in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_words_that_nobody_reads_are_exit_0(words: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    try:
        done = _run(words, unbuffered, writer)
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_words_that_cannot_be_written_are_exit_1_in_a_sentence(unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = _run(["--version"], unbuffered, full.fileno())

    assert done.returncode == 1
    assert done.stderr.startswith("spreports: OSError: ")
    assert done.stderr.count("\n") == 1


def _run(
    words: list[str], unbuffered: str, out: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "spreports", *words],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

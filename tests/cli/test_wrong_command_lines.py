"""Command lines that cannot be, and output that nobody takes: sentences, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spreports.cli import main
from spreports.simulator import Simulator

SAMPLE = str(Path(__file__).parents[2] / "data" / "samples" / "orders_DE.txt")


@pytest.mark.parametrize(
    ("folders", "code"), [("sku,sku", 2), ("sku:day", 2), ("sku:week", 2)]
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


ORDERS = ["plan", "orders", "-m", "DE", "--simulator"]
LISTED = ["reports", "list", "orders", "--simulator"]
TRAFFIC = ["plan", "sales_and_traffic", "-m", "DE", "--start", "3d", "--simulator"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([*ORDERS, "--start", "2026-13-01"], "--start '2026-13-01' is neither ISO"),
        ([*ORDERS, "--start", "3d", "--end", "then"], "--end 'then' is neither ISO"),
        ([*ORDERS, "--end", "2026-10-01"], "--end needs --start; a window"),
        (
            [*ORDERS, "--start", "2026-10-05", "--end", "2026-10-01"],
            "--start 2026-10-05 is not before --end 2026-10-01",
        ),
        ([*TRAFFIC, "-o", "dateGranularity=HOUR"], "(--lenient asks Amazon all the"),
        (
            ["plan", "orders", "-m", "DE,US", "--start", "3d"],
            "one command per region: --region eu for DE",
        ),
        ([*LISTED, "--status", "READY"], "--status 'READY' is none of"),
        (
            [*("schedules", "create", "orders", "-m", "DE"), "--period", "P9D"],
            "--period 'P9D' is none of",
        ),
        (
            ["plan", "orders", "-m", "DE", "--start", "2026-11-05T00:00"],
            "no time zone; say which one: --start '2026-11-05T00:00Z' for UTC",
        ),
        (["show", SAMPLE, "--encoding", "x"], "--encoding 'x' is not one of"),
        (
            [*("load", "orders", "-m", "DE", "--start", "3d"), "--to", ""],
            "--to is empty: give a path",
        ),
        (
            [*("load", "orders", "-m", "DE", "--start", "3d"), "--to", "s3://"],
            "--to is 's3://', a protocol alone: give what is behind it, too, such as"
            " 's3://bucket/lake'",
        ),
        (
            [*("load", "orders", "-m", "DE", "--start", "3d"), "--to", "s3:/lake/a"],
            "--to is 's3:/lake/a': a URL has two slashes, 's3://lake/a'; a folder of"
            " this machine would be './s3:/lake/a'",
        ),
    ],
)
@pytest.mark.usefixtures("environment")
def test_a_value_that_cannot_be_is_told_by_its_flag(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2

    said = capsys.readouterr().err
    assert told in said
    for python in ("start=", "end=", "strict=", "region=", "statuses"):
        assert python not in said


@pytest.mark.parametrize("command", ["load", "plan", "reports create"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "settlement",
            "find it with spreports reports list settlement, and load each document "
            "with spreports document ID --type settlement --to URL, or keep it in a "
            "lake with spreports sync",
        ),
        (
            "orders_shipping_xml",
            "use spreports schedules create orders_shipping_xml, then find what it "
            "makes with spreports reports list orders_shipping_xml, and load each "
            "document with spreports document ID --type orders_shipping_xml --to URL",
        ),
    ],
)
@pytest.mark.usefixtures("environment")
def test_a_type_that_cannot_be_requested_is_told_with_the_command_that_gets_it(
    command: str, name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*command.split(), name, "-m", "DE", "--start", "3d"]

    assert main([*words, *(["--to", "lake"] if command == "load" else [])]) == 2

    said = capsys.readouterr().err
    assert told in said
    assert "client." not in said


def test_a_type_that_cannot_be_scheduled_is_told_with_the_command_that_gets_it(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schedules.toml"
    for name, told in (
        ("settlement", "so find it with spreports reports list settlement"),
        ("ledger", "ask for it, spreports load ledger"),
    ):
        file.write_text(
            f'[[schedule]]\nreport_type = "{name}"\nmarketplaces = ["DE"]\n'
            'period = "P1D"\n'
        )
        assert main(["schedules", "apply", str(file)]) == 2
        said = capsys.readouterr().err
        assert told in said
        assert "client." not in said
    assert environment.requests == []


@pytest.mark.parametrize(
    ("words", "by"), [([], "SPREPORTS_REGION"), (["--region", "na"], "--region")]
)
@pytest.mark.usefixtures("environment")
def test_a_region_that_does_not_fit_is_told_with_who_set_it(
    words: list[str],
    by: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SPREPORTS_REGION", "na")
    load = ["load", "orders", "-m", "DE", "--start", "3d", "--to", str(tmp_path)]

    assert main([*load, *words]) == 4

    said = capsys.readouterr().err
    assert f"serves 'na', set by {by}: give --region eu for them" in said


def test_what_a_user_has_written_is_told_as_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*ORDERS, "--start", "end=3"]) == 2

    assert "--start 'end=3' is neither ISO" in capsys.readouterr().err


def test_missing_credentials_are_told_without_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(os.environ):
        if name.startswith(("SP_API", "LWA_", "SPREPORTS_")):
            monkeypatch.delenv(name)

    assert main(["plan", "orders", "-m", "DE", "--start", "3d"]) == 4

    said = capsys.readouterr().err
    assert "name a profile (--profile, SPREPORTS_PROFILE); without an" in said
    assert said.rstrip().endswith("--simulator needs none")


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


def _full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def _unread() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no name is like that")
@pytest.mark.parametrize("away", [False, True], ids=["named so", "from within"])
@pytest.mark.parametrize("command", ["load", "sync", "show"])
def test_a_path_that_is_not_utf_8_is_told_before_anything_is_asked_for(
    environment: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    *,
    away: bool,
) -> None:
    folder = tmp_path / os.fsdecode(b"d\xfc")
    folder.mkdir()
    feeds = tmp_path / "feeds.toml"
    feeds.write_text('[[feed]]\nreport_type = "listings"\nmarketplaces = ["DE"]\n')
    monkeypatch.chdir(folder if away else tmp_path)
    place = "orders" if away else os.fsdecode(b"d\xfc/orders")
    words = {
        "load": ["load", "orders", "--start", "3d", "-m", "DE", "--to", place],
        "sync": ["sync", str(feeds), "--to", place],
        "show": ["show", place],
    }

    assert main(words[command]) == 2

    said = capsys.readouterr().err
    named = "the working directory is " if away else "is 'd\\udcfc/orders', "
    assert named in said
    assert "which is not UTF-8" in said
    assert "codec" not in said
    assert environment.requests == []


@pytest.mark.parametrize("opened", [_full, _unread])
def test_words_on_the_way_that_nobody_takes_do_not_end_the_work(
    environment: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    *,
    opened: Callable[[], int],
) -> None:
    to = str(tmp_path / "to")
    words = ["load", "orders", "--start", "3d", "-m", "DE", "--to", to, "--json"]

    with io.TextIOWrapper(io.FileIO(opened(), "w"), write_through=True) as told:
        monkeypatch.setattr(sys, "stderr", told)
        code = main(words)

    assert code == 0
    assert json.loads(capsys.readouterr().out)["rows"] > 0
    assert [*Path(to).rglob("*.parquet")]
    assert environment.requests


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

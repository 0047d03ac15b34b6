"""``spreports sync``: a feeds file in, a lake out, and an exit code that cron reads."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TextIO

import deltalake
import fsspec
import polars as pl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import spreports
from spreports.cli import main
from spreports.cli.exits import NETWORK, exit_code, is_passing, several
from spreports.cli.output import write_rows, write_text
from spreports.errors import SPReportsError
from spreports.simulator import Fault, Simulator

FEEDS = """
to = "lake"

[[feed]]
report_type = "orders"
marketplaces = ["DE"]
since = "3d"
"""
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


def unread(*, at_once: bool) -> TextIO:
    """Return a pipe without a reader, to be written `at_once` or at the end."""
    reader, writer = os.pipe()
    os.close(reader)
    file = os.fdopen(writer, "wb", buffering=0 if at_once else -1)
    return io.TextIOWrapper(file, write_through=at_once)


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "feeds.toml"
    path.write_text(FEEDS)
    return path


def test_a_lake_is_kept_and_a_second_run_has_nothing_to_do(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(feeds), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["sync", str(feeds), "--to", "lake"]) == 0
    second = capsys.readouterr().out

    assert (first["windows"], first["created"]) == (3, 3)
    assert first["rows"] > 0
    assert second.startswith("0 windows, 0 rows")
    assert len(list((feeds.parent / "lake" / ORDERS).glob("*.parquet"))) == 3


def test_a_lake_that_is_gone_is_exit_1_until_it_is_to_be_filled_anew(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["sync", str(feeds)])
    shutil.rmtree("lake")
    capsys.readouterr()

    assert main(["sync", str(feeds)]) == 1
    assert "--refill" in capsys.readouterr().err
    assert not Path("lake").exists()
    assert main(["sync", str(feeds), "--refill"]) == 0
    assert capsys.readouterr().out.startswith("3 windows")


@pytest.mark.parametrize(
    "command", [["sync"], ["plan"], ["schedules", "plan"], ["schedules", "apply"]]
)
def test_an_input_file_that_cannot_be_read_is_exit_2(
    command: list[str],
    environment: Simulator,
    feeds: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    feeds.write_text("to = ")
    for name in ("none.toml", feeds.name):
        assert main([*command, name]) == 2
        assert name in capsys.readouterr().err


def test_a_lake_of_delta_tables_by_the_file_or_by_the_flag(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(feeds), "--format", "delta", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    feeds.write_text('format = "delta"\n' + FEEDS)
    assert main(["sync", str(feeds), "--json"]) == 0
    second = json.loads(capsys.readouterr().out)

    assert (first["windows"], second["windows"]) == (3, 0)
    table = pl.read_delta(str(feeds.parent / "lake" / ORDERS))
    assert table.height == first["rows"] > 0


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(feeds), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert main(["sync", str(feeds), "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)

    assert shown.count("(new)") == 3
    assert [w["reason"] for w in plan["windows"]] == ["new"] * 3
    assert plan["calls"]["createReport"] == 3
    assert environment.requests == []
    assert not (feeds.parent / "lake").exists()


def test_what_failed_is_exit_1_and_the_rest_is_there(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.faults.add(Fault(operation="report", kind="fatal", message="Broken."))

    assert main(["sync", str(feeds)]) == 1

    shown = capsys.readouterr()
    assert shown.out.startswith("2 windows")
    assert "failed: " in shown.err
    assert "Amazon says: Broken; " in shown.err


@pytest.mark.slow
def test_what_the_network_kept_back_is_exit_5(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.faults.add(
        Fault(operation="document", kind="status", status=503, times=0)
    )

    assert main(["sync", str(feeds)]) == 5
    assert capsys.readouterr().err.count("failed: ") == 3
    environment.faults.clear()
    assert main(["sync", str(feeds)]) == 0


@pytest.mark.slow
def test_a_cool_down_that_outlasts_the_run_is_exit_5(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds.write_text(FEEDS.replace("orders", "sales_and_traffic"))

    assert main(["sync", str(feeds), "--timeout", "29m"]) == 5

    said = capsys.readouterr().err
    assert "CoolingDownError: " in said


class Elsewhere(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store that does not do what it is asked for."""

    protocol = "elsewhere"
    cachable = False
    error: BaseException
    store: dict[str, object] = {}  # noqa: RUF012 - as its parent does
    lists = False

    def ls(self, path: str, **how: object) -> list[object]:
        if not self.lists:
            raise self.error
        return []

    def find(self, path: str, **how: object) -> dict[str, object]:
        return {}

    def _open(self, path: str, mode: str = "rb", **how: object) -> object:
        raise self.error if mode == "wb" else FileNotFoundError(path)


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize(
    ("error", "code"),
    [(ConnectionResetError(104, "reset"), 5), (PermissionError("the canary"), 1)],
)
def test_what_the_lakes_store_does_is_exit_5_where_it_is_of_the_moment(
    environment: Simulator,
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    error: BaseException,
    code: int,
    lists: bool,
) -> None:
    fsspec.register_implementation("elsewhere", Elsewhere, clobber=True)
    monkeypatch.setattr(Elsewhere, "error", error, raising=False)
    monkeypatch.setattr(Elsewhere, "lists", lists)

    assert main(["sync", str(feeds), "--to", "elsewhere://shore/lake"]) == code


@pytest.mark.parametrize(
    ("answered", "code"), [("503 Slow Down", 5), ("403 Forbidden", 1)]
)
def test_what_the_store_of_delta_tables_does_is_exit_5_where_it_is_of_the_moment(
    environment: Simulator,
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    answered: str,
    code: int,
) -> None:
    def refused(*given: object, **options: object) -> None:
        # As tests/load/test_delta_said.py has it of a server
        raise OSError(f"PUT - Server returned non-2xx status code: {answered}: <Error>")

    monkeypatch.setattr(deltalake, "write_deltalake", refused)

    assert main(["sync", str(feeds), "--format", "delta"]) == code


@pytest.mark.usefixtures("environment", "feeds")
@pytest.mark.parametrize(
    "command",
    ["sync feeds.toml", "load orders --start 3d -m DE --to lake"],
)
@pytest.mark.parametrize(
    ("variable", "value"),
    [("REQUESTS_CA_BUNDLE", "/nonexistent"), ("HTTPS_PROXY", "garbage://")],
)
def test_what_no_other_night_mends_asks_for_a_person(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    variable: str,
    value: str,
) -> None:
    monkeypatch.setenv("SPREPORTS_TOKEN_URL", "https://api.amazon.com/auth/o2/token")
    monkeypatch.setenv(variable, value)

    assert main(command.split()) == 1
    assert main(["doctor"]) == 1

    assert variable in capsys.readouterr().err


def test_what_failed_in_sync_is_passing_where_it_is_for_every_command() -> None:
    for _, name, _ in walk_packages(spreports.__path__, "spreports."):
        if name != "spreports.__main__":
            import_module(name)

    kinds = all_kinds(SPReportsError)

    assert {kind.__module__ for kind in kinds} > {"spreports.errors"}
    for kind in kinds:
        assert is_passing(kind.__name__) is (exit_code(kind("")) == NETWORK), kind
    assert not is_passing("Expired")


def all_kinds(error: type[SPReportsError]) -> set[type[SPReportsError]]:
    return {error}.union(*map(all_kinds, error.__subclasses__()))


def test_several_codes_are_one_where_they_agree() -> None:
    assert several([0, 0]) == 0
    assert several([0, 5, 5]) == 5
    assert several([4, 5, 0]) == 1


@pytest.mark.slow
def test_gaps_are_exit_1_unless_they_are_allowed(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds.write_text(FEEDS.replace('"3d"', '"800d"').replace('"DE"', '"FR"'))
    environment.faults.add(Fault(operation="report", kind="cancelled", times=0))

    assert main(["sync", str(feeds)]) == 1
    assert "gap: " in capsys.readouterr().err
    assert main(["sync", str(feeds), "--allow-gaps"]) == 0
    assert "gap: " in capsys.readouterr().err


UK = '\n[[feed]]\nprofile = "uk"\nreport_type = "orders"\nmarketplaces = ["UK"]'


def test_one_account_that_fails_does_not_stop_the_others(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds.write_text(UK + FEEDS.partition('"lake"')[2])

    assert main(["sync", str(feeds), "--to", "lake", "--json"]) == 4

    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    by_profile = {line.pop("profile"): line for line in lines}
    assert by_profile[None]["windows"] == 3
    assert by_profile["uk"].keys() == {"error"}
    assert by_profile["uk"]["error"]["kind"] == "ConfigError"
    # The file names it: nobody has typed a flag
    reason = by_profile["uk"]["error"]["reason"]
    assert reason.startswith("profile 'uk' is asked for")
    assert f"uk: ConfigError: {reason}\n" in shown.err


def test_a_reader_that_goes_away_stops_no_account_and_hides_no_failure(
    environment: Simulator,
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    feeds.write_text(UK + FEEDS.partition('"lake"')[2])
    environment.faults.add(Fault(operation="report", kind="fatal", message="Broken."))

    with unread(at_once=True) as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert main(["sync", str(feeds), "--to", "lake", "--json"]) == 1

    said = capsys.readouterr().err
    assert "uk: ConfigError: " in said
    assert "default: failed: " in said
    assert len(list((feeds.parent / "lake" / ORDERS).glob("*.parquet"))) == 2


def test_an_error_after_words_that_nobody_reads_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: object) -> None:
        write_text("kept for the end")
        raise spreports.SinkError("no lake")

    monkeypatch.setattr("spreports.cli.lake.opened", fails)
    with unread(at_once=False) as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert main(["lake", "check", "lake"]) == 1
        out.flush()  # as the interpreter does; an error there would be exit 120


def test_rows_that_nobody_reads_are_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = iter(range(9))

    with unread(at_once=True) as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert write_rows(asked, (), as_json=True) == 1

    assert next(asked) == 1


def test_each_of_several_accounts_that_fail_has_its_line_and_its_say_in_the_exit_code(
    environment: Simulator,
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    feeds.write_text(UK + FEEDS.partition('"lake"')[2])

    def fails(*_: object, **__: object) -> None:
        raise spreports.TransportError("no answer", operation="getReports")

    monkeypatch.setattr(spreports.Client, "sync", fails)

    assert main(["sync", str(feeds), "--to", "lake", "--json"]) == 1

    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert {line["profile"]: line["error"]["kind"] for line in lines} == {
        "uk": "ConfigError",
        None: "TransportError",
    }
    assert "default: TransportError: " in shown.err


def test_of_several_accounts_each_line_says_whose_it_is(
    environment: Simulator, feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds.write_text(UK + FEEDS.partition('"lake"')[2])
    environment.faults.add(Fault(operation="report", kind="fatal", message="Broken."))

    assert main(["sync", str(feeds), "--to", "lake"]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("default: 2 windows")
    told = [each.partition(": ")[0] for each in shown.err.splitlines()]
    assert set(told) == {"default", "uk"}
    assert "\ndefault: failed: " in shown.err
    assert "uk: ConfigError: " in shown.err

    assert main(["sync", str(feeds), "--to", "lake", "--dry-run"]) == 4
    assert capsys.readouterr().out.startswith("default:\n")


def test_accounts_are_kept_side_by_side(
    environment: Simulator,
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "config" / "spreports"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    profiles = folder / "profiles.toml"
    profiles.touch(mode=0o600)
    profiles.write_text(
        '[uk]\nrefresh_token = "a"\nclient_id = "b"\nclient_secret = "c"\n'
    )
    feed = FEEDS.partition('"lake"')[2]
    feeds.write_text(feed.replace("[[feed]]", '[[feed]]\nprofile = "uk"') + feed)

    assert main(["sync", str(feeds), "--to", "lake", "--json"]) == 0

    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert {line["profile"] for line in lines} == {None, "uk"}
    assert [line["windows"] for line in lines] == [3, 3]
    assert "uk: " in shown.err
    assert "default: " in shown.err


def test_a_file_that_cannot_be_is_usage(
    feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds.write_text("[[feed]]\nreport_type = 'orders'\n")
    assert main(["sync", str(feeds), "--simulator"]) == 2
    assert "feed 1: marketplaces is missing" in capsys.readouterr().err

    feeds.write_text(FEEDS.replace('to = "lake"', ""))
    assert main(["sync", str(feeds), "--simulator"]) == 2
    assert "names no lake" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
@pytest.mark.parametrize(
    "words",
    [
        ["sync", "feeds.toml"],
        [
            *(
                "load",
                "orders",
                "--start",
                "90d",
                "--end",
                "1d",
                "-m",
                "DE",
                "--to",
                "lake",
            )
        ],
    ],
    ids=["sync", "load"],
)
def test_a_signal_ends_it_long_before_its_time_and_the_next_run_goes_on(
    feeds: Path, tmp_path: Path, words: list[str], number: signal.Signals, code: int
) -> None:
    delays = (3600.0, 3600.0)
    with Simulator(speed=1.0, usage_plans=False, delays=delays) as simulator:
        made_up = simulator.credentials
        environment = {
            **os.environ,
            "SPREPORTS_ENDPOINT": simulator.endpoint,
            "SPREPORTS_TOKEN_URL": simulator.token_url,
            "SP_API_REFRESH_TOKEN": made_up.refresh_token,
            "LWA_CLIENT_ID": made_up.client_id,
            "LWA_CLIENT_SECRET": made_up.client_secret,
            "SPREPORTS_HOME": str(tmp_path / "store"),
        }
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "spreports", *words],
            cwd=feeds.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            while not any(r.operation == "getReport" for r in simulator.requests):
                assert running.poll() is None
                time.sleep(0.02)
            running.send_signal(number)
            _, said = running.communicate(timeout=600)  # by itself it has two hours

        assert running.returncode == code
        told = re.search(r"\ninterrupted; the same command(.*) takes it up again", said)
        assert told is not None
        assert bool(told[1]) is (words[0] == "load")
        assert not (feeds.parent / "lake").exists()
        changes = told[1].removeprefix(" with ").split()
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "spreports", *words, *changes, "--timeout", "1"],
            cwd=feeds.parent,
            env=environment,
            stderr=subprocess.PIPE,
            timeout=600,
            check=False,
        )

        assert ended.returncode == NETWORK, ended.stderr
        created = sum(r.operation == "createReport" for r in simulator.requests)
        assert created == 3


@pytest.mark.slow
@pytest.mark.parametrize("how", [">&-", "2>&-", "| true"])
def test_the_exit_code_outlives_the_reader_of_the_output(
    tmp_path: Path, how: str
) -> None:
    (tmp_path / "lake").mkdir()
    for command, code in (("types", 0), ("lake check lake", 1)):
        line = f"set -o pipefail; {sys.executable} -m spreports {command} {how}"
        ended = subprocess.run(  # noqa: S603 - our own words
            ["bash", "-c", line],  # noqa: S607 - whichever bash is there
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr

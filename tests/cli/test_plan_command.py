"""``plan`` of one request and of a whole file of feeds, for one account or many."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.cli import main
from spreports.simulator import Simulator

FEEDS = """
[[feed]]
report_type = "orders"
marketplaces = ["DE"]
since = "200d"

[[feed]]
report_type = "orders"
marketplaces = ["FR"]
since = "10d"
profile = "small"
"""


def profile(simulator: Simulator, name: str) -> str:
    """A profile whose account is its own, at the simulator."""
    return (
        f'[{name}]\nrefresh_token = "made-up-{name}"\nclient_id = "app"\n'
        f'client_secret = "canary-{name}"\nendpoint = "{simulator.endpoint}"\n'
        f'token_url = "{simulator.token_url}"\n'
    )


@pytest.fixture
def feeds(environment: Simulator, tmp_path: Path) -> Path:
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "spreports"
    config.mkdir(parents=True)
    profiles = config / "profiles.toml"
    profiles.write_text(profile(environment, "small"))
    profiles.chmod(0o600)
    path = tmp_path / "feeds.toml"
    path.write_text(f'to = "{tmp_path / "lake"}"\n{FEEDS}')
    return path


def test_a_file_of_feeds_is_planned_account_by_account(
    feeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a plan reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert main(["plan", str(feeds), "--json"]) == 0

    plan = json.loads(capsys.readouterr().out)
    assert set(plan["accounts"]) == {"default", "small"}
    assert plan["slowest"] == "default"
    each = plan["accounts"].values()
    assert plan["etaSeconds"] == max(one["etaSeconds"] for one in each)
    assert plan["reports"] == sum(one["reports"] for one in each)
    assert all(len(one["windows"]) == one["reports"] for one in each)
    assert plan["accounts"]["default"]["bottleneck"] == "getReportDocument"
    assert plan["readyTime"] == plan["accounts"]["default"]["readyTime"]


def test_a_file_of_feeds_is_planned_in_words(
    feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(feeds)]) == 0

    shown = capsys.readouterr().out
    assert "slowest account" in shown
    assert "done about" in shown


def test_one_request_needs_marketplaces(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "orders", "--start", "30d", "--simulator"]) == 2

    assert "-m" in capsys.readouterr().err


@pytest.mark.slow
def test_the_plan_of_a_delta_lake_is_that_of_its_sync(
    environment: Simulator,
    feeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "delta.toml"
    path.write_text(f'to = "{tmp_path}/delta"\nformat = "delta"\n{FEEDS}')
    assert main(["sync", str(path)]) == 0
    capsys.readouterr()

    assert main(["plan", str(path)]) == 0

    assert capsys.readouterr().out.count("0 reports") == 2


@pytest.mark.parametrize("command", ["plan", "sync"])
def test_an_empty_to_is_not_the_file_s_own_lake(
    command: str, feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "with lake.toml"
    path.write_text(f'to = "{tmp_path}/lake"\n{FEEDS}')

    assert main([command, str(path), "--to", "", "--simulator"]) == 2

    assert "--to is empty" in capsys.readouterr().err


def test_feeds_need_a_lake(
    feeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(FEEDS)

    assert main(["plan", str(path)]) == 2

    assert "names no lake" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["orders", "--start", "0001-01-01T00:00:00+05:00"], "years 1 to 9999 in UTC"),
        (["orders", "--start", "1d", "--end", "9999-12-31T23:59:59-05:00"], "years 1"),
        (["sales_and_traffic", "--start", "2099-01-01"], "the last whole day"),
    ],
)
def test_a_window_that_is_none_is_exit_2(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(["plan", *words, "-m", "DE", "--simulator"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-m", "FR"], "-m"),
        (["--start", "400d", "--new"], "--start, --new"),
        (["--end", "1d", "-o", "a=b"], "--end, -o"),
        (["--per-marketplace", "--lenient"], "--per-marketplace, --lenient"),
    ],
)
def test_what_a_file_of_feeds_says_is_not_said_beside_it(
    feeds: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["plan", str(feeds), *words]) == 2

    shown = capsys.readouterr()
    assert f"says by itself what is asked for: leave {told} out" in shown.err
    assert shown.out == ""


def test_the_plan_of_a_request_takes_no_lake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["plan", "orders", "-m", "DE", "--start", "3d", "--simulator"]

    assert main([*words, "--to", "lake"]) == 2

    assert "--to goes with a file of feeds" in capsys.readouterr().err


def test_the_simulator_takes_a_file_of_several_accounts(
    feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(feeds), "--simulator"]) == 0

    assert "small" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["plan"], ["sync", "--dry-run"]])
def test_a_plan_takes_a_lakes_format_as_sync_does(
    words: list[str], feeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = ["--to", "memory://plans/lake", "--format", "delta"]

    assert main([*words, str(feeds), *lake]) == 1

    assert "memory:// cannot hold a Delta table" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["plan"], ["sync", "--dry-run"]])
def test_a_plan_takes_a_lakes_options_as_sync_does(
    words: list[str], feeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    keep = spr.Client.sync

    def spied(client: spr.Client, *given: Any, **named: Any) -> spr.SyncResult:
        taken.append(named["storage_options"])
        return keep(client, *given, **named)

    monkeypatch.setattr(spr.Client, "sync", spied)

    assert main([*words, str(feeds), "--storage-options", '{"auto_mkdir": true}']) == 0
    assert taken == [{"auto_mkdir": True}] * 2


@pytest.mark.parametrize(
    "words", [["--format", "delta"], ["--storage-options", '{"anon": true}']]
)
def test_a_plan_of_one_request_has_no_lake(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "orders", "-m", "DE", "--start", "3d", *words]) == 2

    assert f"{words[0]} goes with a file of feeds" in capsys.readouterr().err

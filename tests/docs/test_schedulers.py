"""The README's examples for schedulers do what they say; the schedulers stood in for.

With Airflow 3.3 and Dagster 1.13 themselves they were run by hand: both are larger than
all the rest of what the tests need.
"""

from __future__ import annotations

import re
import shlex
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.cli import main
from spreports.simulator import Simulator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FEEDS = """
to = "lake"

[[feed]]
report_type = "orders"
marketplaces = ["DE"]
since = "7d"
lookback = 1
"""


def block(language: str, word: str = "") -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)
    (text,) = [text for text in found if word in text]
    return str(text)


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with feeds, and an environment with an Amazon's credentials."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.toml").write_text(FEEDS)
    return tmp_path


@pytest.fixture
def amazon(worker: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # Whoever asks goes by the machine's clock: nothing may run out in a second of it
    lasting = {"url_lifetime": 1e6, "token_lifetime": 1e6}
    with Simulator(speed=600.0, **lasting) as running:  # type: ignore[arg-type]  # floats
        who = running.credentials
        monkeypatch.setenv("SP_API_REFRESH_TOKEN", who.refresh_token)
        monkeypatch.setenv("LWA_CLIENT_ID", who.client_id)
        monkeypatch.setenv("LWA_CLIENT_SECRET", who.client_secret)
        monkeypatch.setenv("SPREPORTS_ENDPOINT", running.endpoint)
        monkeypatch.setenv("SPREPORTS_TOKEN_URL", running.token_url)
        monkeypatch.setenv("SPREPORTS_REGION", "eu")
        yield running


def same(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Stand in for a decorator that takes arguments."""
    return lambda function: function


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **parts: Any) -> None:
    module = types.ModuleType(name)
    vars(module).update(parts)
    monkeypatch.setitem(sys.modules, name, module)


def test_the_airflow_example_syncs(
    amazon: Simulator, worker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results: list[Any] = []

    def task(**how: Any) -> Callable[[Any], Any]:
        assert how["retries"] == 3
        return lambda function: lambda: results.append(function())

    stand_in(monkeypatch, "airflow")
    stand_in(monkeypatch, "airflow.sdk", dag=same, task=task)
    code = compile(block("py", "airflow"), "README.md", "exec")

    exec(code, {"__name__": "dags"})  # noqa: S102 - our own README

    (result,) = results
    assert result["failed"] == []
    assert result["rows"] > 0
    assert spr.scan_lake("lake", "orders").collect().height == result["rows"]


def test_the_dagster_example_syncs(
    amazon: Simulator, worker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(*names: Any, **values: Any) -> dict[str, Any]:
        return {"names": names, **values}

    parts = dict.fromkeys(
        ("RetryPolicy", "MaterializeResult", "Definitions", "ScheduleDefinition"), kept
    )
    stand_in(monkeypatch, "dagster", asset=same, Failure=RuntimeError, **parts)
    names: dict[str, Any] = {"__name__": "assets"}
    code = compile(block("py", "dagster"), "README.md", "exec")

    exec(code, names)  # noqa: S102 - our own README
    result = names["amazon_lake"]()

    assert result["metadata"]["rows"] > 0
    assert result["metadata"]["gaps"] == 0
    assert names["defs"]["assets"] == [names["amazon_lake"]]
    again = names["amazon_lake"]()
    assert again["metadata"]["rows"] == 0, "a repeated run changes nothing"


def test_the_command_of_the_cron_line_syncs(
    amazon: Simulator, worker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = block("cron").strip()
    command = line.split(" >> ")[0].split(maxsplit=5)[5]
    program, *arguments = shlex.split(command)

    assert program == "spreports"
    assert main(arguments) == 0, capsys.readouterr().err
    assert '"failed": []' in capsys.readouterr().out

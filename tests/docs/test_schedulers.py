"""The README's examples for schedulers do what they say; the schedulers stood in for.

With Airflow 3.3 and Dagster 1.13 themselves they were run by hand when they kept one
account: both are larger than all the rest of what the tests need.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest

import spreports as spr
from spreports.cli import main
from spreports.simulator import Simulator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# All that a file says: a Delta lake, where it lies, and feeds of two sellers
FEEDS = """
to = "s3://{bucket}/lake"
format = "delta"

[storage_options]
key = "test-key"
secret = "test-secret"
client_kwargs = {{ endpoint_url = "{server}", region_name = "eu-west-1" }}

[[feed]]
report_type = "orders"
marketplaces = ["DE"]
since = "7d"
lookback = 1

[[feed]]
profile = "other_shop"
report_type = "listings"
marketplaces = ["FR"]
"""
OTHER = "Atzr|other"
OTHER_SHOP = f"""
[other_shop]
refresh_token = "{OTHER}"
client_id = "{{0.client_id}}"
client_secret = "{{0.client_secret}}"
"""


def block(language: str, word: str = "") -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)
    (text,) = [text for text in found if word in text]
    return str(text)


@pytest.fixture
def file(
    s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> spr.FeedsFile:
    """A worker's folder with a feeds file."""
    monkeypatch.chdir(tmp_path)
    bucket = f"schedulers-{abs(hash(tmp_path)):x}"
    Path("feeds.toml").write_text(FEEDS.format(bucket=bucket, server=s3_server))
    file = spr.read_feeds("feeds.toml")
    fsspec.filesystem("s3", **file.storage_options).mkdir(bucket)
    return file


@pytest.fixture
def amazon(file: spr.FeedsFile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """An Amazon; its credentials are in the environment and in a profile."""
    # Whoever asks goes by the machine's clock: nothing may run out in a second of it
    lasting = {"url_lifetime": 1e6, "token_lifetime": 1e6}
    with Simulator(speed=600.0, accounts=True, **lasting) as running:  # type: ignore[arg-type]  # floats
        who = running.credentials
        profiles = Path("config", "spreports", "profiles.toml")
        profiles.parent.mkdir(parents=True)
        profiles.touch(mode=0o600)
        profiles.write_text(OTHER_SHOP.format(who))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("config").absolute()))
        monkeypatch.setenv("SP_API_REFRESH_TOKEN", who.refresh_token)
        monkeypatch.setenv("LWA_CLIENT_ID", who.client_id)
        monkeypatch.setenv("LWA_CLIENT_SECRET", who.client_secret)
        monkeypatch.setenv("SPREPORTS_ENDPOINT", running.endpoint)
        monkeypatch.setenv("SPREPORTS_TOKEN_URL", running.token_url)
        monkeypatch.setenv("SPREPORTS_REGION", "eu")
        yield running


def rows_of(file: spr.FeedsFile, amazon: Simulator) -> int:
    """The rows of the Delta tables, after a look at whose reports they are."""
    rows = 0
    for seller, name, place in [(None, "orders", "DE"), (OTHER, "listings", "FR")]:
        with amazon.client(seller=seller) as client:
            made = {
                one.report_id for one in client.existing(name, marketplaces=[place])
            }
        found = pl.read_delta(
            f"{file.to}/{spr.report_type(name).report_type}",
            storage_options={
                "aws_access_key_id": file.storage_options["key"],
                "aws_secret_access_key": file.storage_options["secret"],
                "aws_endpoint_url": file.storage_options["client_kwargs"][
                    "endpoint_url"
                ],
                "aws_region": "eu-west-1",
                "aws_allow_http": "true",
            },
        )
        assert set(found["report_id"]) == made
        rows += found.height
    return rows


def same(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Stand in for a decorator that takes arguments."""
    return lambda function: function


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **parts: Any) -> None:
    module = types.ModuleType(name)
    vars(module).update(parts)
    monkeypatch.setitem(sys.modules, name, module)


def test_the_airflow_example_syncs(
    amazon: Simulator, file: spr.FeedsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    results: list[Any] = []

    def task(**how: Any) -> Callable[[Any], Any]:
        assert how["retries"] == 3
        return lambda function: lambda: results.append(function())

    stand_in(monkeypatch, "airflow")
    stand_in(monkeypatch, "airflow.sdk", dag=same, task=task)
    code = compile(block("py", "airflow"), "README.md", "exec")

    exec(code, {"__name__": "dags"})  # noqa: S102 - our own README

    ((first, second),) = results
    assert first["failed"] == second["failed"] == []
    assert first["rows"] + second["rows"] == rows_of(file, amazon)


def test_the_dagster_example_syncs(
    amazon: Simulator, file: spr.FeedsFile, monkeypatch: pytest.MonkeyPatch
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

    assert result["metadata"]["rows"] == rows_of(file, amazon)
    assert result["metadata"]["gaps"] == 0
    assert names["defs"]["assets"] == [names["amazon_lake"]]
    again = names["amazon_lake"]()
    assert again["metadata"]["rows"] == 0, "a repeated run changes nothing"


def test_a_strict_type_checker_agrees_with_the_examples(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy comes with the extra lint")
    # Not installed here; and the packages that ours imports take a minute
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nstrict = true\nallow_untyped_defs = true\n"
        "allow_incomplete_defs = true\nallow_untyped_calls = true\n"
        "follow_imports = silent\n"
        "[mypy-airflow.*,dagster.*]\nignore_missing_imports = true\n"
        "[mypy-polars.*,pyarrow.*,fsspec.*,requests.*,urllib3.*,deltalake.*]\n"
        "follow_imports = skip\n"
    )
    for name in ("airflow", "dagster"):
        (tmp_path / f"with_{name}.py").write_text(block("py", name))
    (tmp_path / "places.py").write_text(
        "import spreports as spr\n"
        'places = (spr.marketplace("DE"),)\n'
        'spr.connect().reports("orders", marketplaces=places)\n'
        'spr.Feed("orders", marketplaces=places)\n'
    )
    wrong = 'import spreports as spr\nspr.connect().sync((), spr.read_feeds("f").to)\n'
    (tmp_path / "wrong.py").write_text(wrong)

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "."],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )

    (told, _) = done.stdout.splitlines()
    assert told.startswith("wrong.py:2: error: Argument 2")


def test_the_command_of_the_cron_line_syncs(
    amazon: Simulator, file: spr.FeedsFile, capsys: pytest.CaptureFixture[str]
) -> None:
    line = block("cron").strip()
    command = line.split(" >> ")[0].split(maxsplit=5)[5]
    program, *arguments = shlex.split(command)

    assert program == "spreports"
    assert main(arguments) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.count('"failed": []') == 2
    assert rows_of(file, amazon) > 0

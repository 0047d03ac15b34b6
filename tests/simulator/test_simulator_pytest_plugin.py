"""The fixture in a session of its own, as a user's tests have it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = """
import urllib.request

def test_it_runs(spreports_simulator):
    assert spreports_simulator.endpoint.startswith("http://127.0.0.1:")
    assert spreports_simulator.requests == []
"""
NOTHING_HEAVY = """
import sys
import spreports.simulator.pytest_plugin
heavy = {"http.server", "polars", "pyarrow", "requests", "fsspec"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_fixture_gives_a_running_simulator(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603  pytest itself
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    done = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-c", NOTHING_HEAVY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr

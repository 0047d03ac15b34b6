"""The README's blocks run as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from spreports.cli import main
from spreports.cli.main import parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the samples, so that nothing is written into the repository."""
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS.findall(README) if name == language]


def test_the_python_blocks_run_one_after_another(checkout: Path) -> None:
    names: dict[str, object] = {}
    told = [text for text in blocks("python") if "def test_" not in text]

    for text in told:
        exec(compile(text, "README.md", "exec"), names)  # noqa: S102 - our own README

    assert len(told) >= 4
    assert list((checkout / "lake" / "orders").rglob("*.parquet"))


def test_the_pytest_block_passes(pytester: pytest.Pytester) -> None:
    (text,) = [t for t in blocks("python") if "def test_" in t]
    pytester.makepyfile(text)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)


def test_the_commands_run(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks("console")
    commands = [line.removeprefix("$ ") for line in text.splitlines()]

    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "spreports"
        # The simulated account is new: it has no reports and no schedules to list.
        expected = 3 if arguments[:2][-1] == "list" else 0
        assert main(arguments) == expected, (command, capsys.readouterr().err)


def test_every_command_stands_in_the_readme() -> None:
    listed = set(re.findall(r"^\| `(.+?)` \|", README, re.MULTILINE))
    shown = {
        name
        for cell in re.findall(r"^\| (`.+?) \|", README, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    } | listed
    (commands,) = (
        action.choices
        for action in parser()._actions
        if action.dest == "command" and action.choices is not None
    )

    assert set(commands) <= shown


def test_it_is_told_near_the_top_how_to_install_which_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(project["project"]["optional-dependencies"])
    install = README.partition("\n## Install\n")[2].partition("\n## ")[0]

    assert README.index("\n## Install\n") < README.index("```python")
    assert "pip install spreports" in install
    assert set(re.findall(r"`(\w+)`", install)) == extras - {
        *("test", "stores", "bench", "lint", "kernel"),  # for whoever works on it
    }

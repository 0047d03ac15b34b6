"""The source archive holds what its own papers, commands and tests need."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([A-Za-z0-9_.-]+)[/)]")


def test_all_that_papers_commands_and_tests_need_is_in_the_sdist() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = set(told["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    linked = {
        name
        for paper in ("README.md", "CONTRIBUTING.md")
        for name in LINK.findall((ROOT / paper).read_text(encoding="utf-8"))
    }

    assert {"CONTRIBUTING.md", "benchmarks"} <= linked
    # `make demo` and `.ci/run` are what these papers say; a test runs a tool
    assert linked | {"Makefile", ".ci", "tools", "tests", "data"} <= included
    assert [name for name in included if not (ROOT / name).exists()] == []

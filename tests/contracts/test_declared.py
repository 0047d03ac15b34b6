"""What tests, benchmarks and tools import is declared, not there by luck."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# module: the package that it comes in, where that is named otherwise
PACKAGES = {"sp_api": "python-amazon-sp-api", "python_calamine": "python-calamine"}
OURS = {"spreports", "tests", "benchmarks", "tools"}


def declared(*extras: str) -> set[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    optional = project["optional-dependencies"]
    named = [*project["dependencies"], *(n for e in extras for n in optional[e])]
    return {re.split(r"[\[<>=]", name)[0].lower() for name in named}


def imported(folder: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name, path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module, path


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("tests", ("test", "cli", "fast")),
        ("benchmarks", ("test", "bench", "fast")),
        ("tools", ("test", "lint", "kernel", "cli", "fast")),
    ],
)
def test_what_is_imported_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    there = declared(*extras)  # as the Makefile installs them

    lacking = {
        f"{path.relative_to(ROOT)}: {module}"
        for module, path in imported(folder)
        for top in [module.partition(".")[0]]
        if top not in OURS | set(sys.stdlib_module_names) | {"_pytest"}
        and PACKAGES.get(top, top).lower() not in there
    }

    assert sorted(lacking) == []

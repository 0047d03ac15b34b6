"""What the command line puts in its own words is what the library says today."""

from __future__ import annotations

import ast
import re
from argparse import Namespace
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from spreports.api.marketplaces import region_of
from spreports.cli import flags

PACKAGE = Path(flags.__file__).parents[1]


def spoken(node: ast.JoinedStr) -> str:
    """A sentence with something in each place that a value goes to."""
    return "".join(
        str(part.value)
        if isinstance(part, ast.Constant)
        else "'x'"
        if isinstance(part, ast.FormattedValue) and part.conversion == ord("r")
        else "x"
        for part in node.values
    )


def texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)  # a docstring
        elif isinstance(node, ast.JoinedStr):
            silent.update(node.values)
            yield spoken(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from () if node in silent else (node.value,)


@cache
def sentences() -> tuple[str, ...]:
    return tuple(
        text
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in {"cli", "simulator"}
        for text in texts(path)
    )


@pytest.mark.parametrize(
    "code", [*(code for _, code, _ in flags._CODE), *flags._SWITCHES]
)
def test_each_text_that_is_replaced_occurs_in_a_sentence(code: str) -> None:
    assert any(code in text for text in sentences())


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in flags._COMMANDS])
def test_each_pattern_that_is_replaced_matches_a_sentence(pattern: str) -> None:
    assert any(re.search(pattern, text) for text in sentences())


@pytest.mark.parametrize("name", flags._VALUES)
def test_each_parameter_that_becomes_a_flag_is_named_in_a_sentence(name: str) -> None:
    told = re.compile(rf"(?<![\w.-]){name}(=| '| is empty)|^{name}$")

    assert any(told.search(text) for text in sentences())


def test_regions_are_told_as_flags_to_type() -> None:
    with pytest.raises(ValueError, match="one client per region") as caught:
        region_of(["DE", "US"])

    assert flags.in_flags(str(caught.value), Namespace(region=None)) == (
        "marketplaces of different regions cannot share one call: "
        "one command per region: --region eu for DE; --region na for US"
    )

"""What a public function gives, and what a public result has, can be named."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import spreports as spr

PACKAGE = Path(__file__).parents[2] / "spreports"
# What `Reports` and `Document` say to one another of a document to read
INNER = {"Reading", "StoredBytes", "Target", "Work"}


def classes() -> set[str]:
    return {
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def given(value: object) -> Iterator[str]:
    """The annotations of what a function returns, and of what a class shows."""
    if not inspect.isclass(value):
        yield str(getattr(value, "__annotations__", {}).get("return", ""))
        return
    for base in value.__mro__:
        if base.__module__.startswith("spreports"):
            for name, kind in inspect.get_annotations(base).items():
                if not name.startswith("_"):
                    yield str(kind)
            for name, member in vars(base).items():
                if not name.startswith("_"):
                    seen = getattr(member, "fget", None) or getattr(
                        member, "__func__", member
                    )
                    if inspect.isfunction(seen):
                        yield from given(seen)


def test_every_kind_that_the_public_names_give_is_public() -> None:
    ours, public = classes(), {*spr.__all__, *spr.simulator.__all__}

    hidden = {
        f"{name} -> {kind}"
        for name in spr.__all__
        for annotation in given(getattr(spr, name))
        for kind in re.findall(r"\b[A-Z]\w+", annotation)
        if kind in ours - public - INNER
    }

    assert sorted(hidden) == []

"""What nobody reads is not kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "spreports"
# In a cast; tests and benchmarks tell the time by it; pytest finds it by its module
READ_ELSEWHERE = {"WakingClock", "JumpingClock", "spreports_simulator"}


class Names(ast.NodeVisitor):
    """The names that a module sets, and those that it reads."""

    def __init__(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.path = path.relative_to(PACKAGE)
        self.attributes: list[tuple[int, str]] = []
        self.read_attributes: set[str] = set()
        self.read: set[str] = set()
        self.imported: set[str] = set()
        self.definitions = list(definitions(tree))
        self.visit(tree)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Store):
            self.read_attributes.add(node.attr)
        elif node.attr.startswith("_"):
            self.attributes.append((node.lineno, node.attr))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name.startswith("_") and not node.name.endswith("_"):
            self.attributes.append((node.lineno, node.name))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read.add(node.id)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.imported |= {alias.name for alias in node.names}


def definitions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield constants, functions and classes; ruff looks after arguments."""
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        yield from ((node.lineno, n) for n in names if not n.startswith("__"))


def test_what_the_package_sets_is_read_somewhere_in_it() -> None:
    modules = [Names(path) for path in sorted(PACKAGE.rglob("*.py"))]
    attributes = {name for module in modules for name in module.read_attributes}
    elsewhere = attributes | READ_ELSEWHERE
    elsewhere |= {name for each in modules for name in each.imported}

    unread = [
        f"{module.path}:{line} {name}"
        for module in modules
        for line, name in [
            *(p for p in module.attributes if p[1] not in module.read | attributes),
            *(p for p in module.definitions if p[1] not in module.read | elsewhere),
        ]
    ]

    assert unread == []

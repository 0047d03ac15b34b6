"""The import table of the house is this test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "spreports"
CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"
MODULES = sorted(PACKAGE.rglob("*.py"))

HALL = {
    "arrays",
    "at_work",
    "errors",
    "flags",
    "forks",
    "names",
    "overlaps",
    "clock",
    "catalog",
    "api",
    "fetch",
    "load",
    "plan",
    "ledger",
    "owner",
    "quota",
}
PUBLIC = {"__init__", "errors", "simulator"}
# room: (rooms of ours it may import, third-party packages it may import)
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "__init__": (
        HALL
        | {
            "checkup",
            "client",
            "facts",
            "lake",
            "notifications",
            "reports",
            "schedules",
            "simulator",
            "sync",
        },
        {"polars"},
    ),
    # For the types of attributes alone: nothing is imported when it runs
    "errors": ({"api.models", "reports.outcome"}, set()),
    "flags": (set(), set()),
    "names": (set(), set()),
    # One rule for what schedules made and for what a lake holds
    "overlaps": (set(), set()),
    "forks": (set(), set()),
    "clock": ({"errors", "forks"}, set()),
    "owner": (set(), set()),
    "arrays": (set(), {"pyarrow"}),
    "at_work": (set(), set()),
    "catalog": ({"errors"}, set()),
    "api": (
        {"errors", "flags", "forks", "clock", "unsent", "wire"},
        {"requests", "urllib3", "backoff"},
    ),
    "fetch": (
        {"arrays", "at_work", "errors", "clock", "catalog", "unsent", "wire"},
        {
            "requests",
            "urllib3",
            "pyarrow",
            "polars",
            "fsspec",
            "isal",
            "wasmtime",
            "python_calamine",
        },
    ),
    "load": (
        {"arrays", "at_work", "errors", "owner", "catalog"},
        {"pyarrow", "polars", "fsspec", "deltalake"},
    ),
    # Whoever comes to a closed file is told what whoever sleeps on its clock is
    "turns": ({"clock", "forks"}, set()),
    # One place for what a connection may do, to the API and to the documents' host
    "unsent": ({"errors"}, {"requests", "urllib3"}),
    "wire": (set(), {"requests", "urllib3"}),
    "ledger": ({"errors", "forks", "owner", "turns"}, set()),
    "quota": ({"errors", "clock", "turns", "api.bucket"}, set()),
    # The buckets' own arithmetic, on copies of their states
    "plan": (
        {
            "errors",
            "clock",
            "catalog",
            "api.models",
            "api.usage_plans",
            "api.bucket",
        },
        set(),
    ),
    "facts": ({"errors", "api.marketplaces", "catalog"}, {"polars"}),
    # `reports.metadata` names the metadata columns, which a lake gives back
    "lake": (
        {
            "arrays",
            "at_work",
            "errors",
            "flags",
            "names",
            "overlaps",
            "clock",
            "catalog",
            "fetch",
            "load",
            "facts",
            "reports.metadata",
        },
        {"pyarrow", "polars", "fsspec"},
    ),
    # knows nothing of reports but their ids: the waiter is given it as a `Notices`
    "notifications": ({"errors", "flags", "forks", "clock"}, {"botocore"}),
    "reports": (HALL | {"reports"}, {"pyarrow", "polars", "fsspec"}),
    # `client.arguments` reads what a user says of types, marketplaces and options
    "schedules": (HALL | {"reports", "client.arguments"}, set()),
    # `lake` knows whose rows a compaction holds, for a ledger that was lost
    # A feed's lock is an SQLite file beside the ledger, and as full as that
    "sync": (HALL | {"lake", "reports", "turns"}, {"pyarrow"}),
    # It asks as a client does, but of settings that may not make one
    "checkup": (HALL | {"facts", "client", "simulator"}, set()),
    "client": (
        HALL | {"facts", "reports", "schedules", "sync", "client", "simulator"},
        set(),
    ),
    # `client` is for Simulator.client() alone, inside the method
    "simulator": (
        {"errors", "forks", "clock", "catalog", "api.models", "client"},
        {"pytest"},
    ),
    "cli": (PUBLIC, {"polars", "tqdm"}),
    "__main__": ({"cli"}, set()),
}
THIRD_PARTY = {
    "requests",
    "urllib3",
    "backoff",
    "polars",
    "pyarrow",
    "fsspec",
    "isal",
    "wasmtime",
    "deltalake",
    "dask",
    "tqdm",
    "rich",
    "numpy",
    "pandas",
    "pytest",
    "python_calamine",
    "boto3",
    "botocore",
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of each module imported, relative ones resolved."""
    package = ["spreports", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*parent, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def allowed(target: str, rooms: set[str]) -> bool:
    return any(target == room or target.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_table(path: Path) -> None:
    room = room_of(path)
    rooms, packages = ROOMS[room]
    for name in imported(path):
        head, *rest = name.split(".")
        if head == "spreports":
            first = rest[0] if rest and rest[0] in ROOMS else "__init__"
            if first != room:
                target = ".".join(rest) if first != "__init__" else first
                assert allowed(target, rooms), f"{room} may not import {name}"
        elif head in THIRD_PARTY:
            assert head in packages, f"{room} may not import {head}"


def offered(path: Path) -> Iterator[str]:
    """Yield the dotted name of each entry of a module's ``__all__``."""
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from (f"{module}.{name}" for name in ast.literal_eval(node.value))


def test_what_a_module_gives_to_others_is_in_its_all() -> None:
    files = [path for path in MODULES if path.name != "__init__.py"]
    offers = {name for path in files for name in offered(path)}
    owners = {name.rpartition(".")[0] for name in offers}

    assert {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in MODULES
        for name in set(imported(path)) - offers
        if name.rpartition(".")[0] in owners
    } == set()


def test_every_module_stands_in_a_room_of_the_table() -> None:
    assert {room_of(path) for path in MODULES} <= set(ROOMS)


def test_contributing_tells_this_table() -> None:
    papers = CONTRIBUTING.read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)/?` \| .+ \| (.+) \|$", papers, re.MULTILINE)
    shorter = {"the hall": HALL, "public names": PUBLIC, "-": set()}

    def rooms(cell: str) -> set[str]:
        names = re.sub(r"`| \(.*\)", "", cell).split(", ")
        return {room for name in names for room in shorter.get(name, {name})}

    assert {room: rooms(cell) for room, cell in told} == {
        room: may - {room}
        for room, (may, _) in ROOMS.items()
        if not room.startswith("__")
    }
    (hall,) = re.findall(r"^The hall is ([^.]+)\.", papers, re.MULTILINE)
    assert set(re.split(r",\s|\sand\s", hall)) == HALL


def test_contributing_tells_the_kernels_size() -> None:
    kernel = PACKAGE / "fetch" / "kernel"
    lines = sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in kernel.glob("*.[ch]")
    )
    size = (kernel / "kernel.wasm").stat().st_size
    papers = CONTRIBUTING.read_text(encoding="utf-8")

    assert f"is C, about {round(lines, -2):,} lines" in papers
    assert f"one file of {round(size / 1024)} KiB" in papers


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_is_longer_than_it_should_be(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320

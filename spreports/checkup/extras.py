"""Say which optional packages are here, by what the package itself declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata

from spreports.checkup.finding import Finding
from spreports.fetch.kernel.sandbox import kernel_fault

__all__ = ["check_extras"]

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*;.*extra == ['\"]([^'\"]+)['\"]")
# For whoever works on spreports itself.
_NOT_FOR_USERS = frozenset({"test", "lint", "bench", "kernel", "all"})


def check_extras() -> Iterator[Finding]:
    """Look for the packages of each extra.

    Yields
    ------
    Finding
        One for each extra: ``"ok"`` with the versions, or ``"skipped"`` with the
        command that installs what is missing; none is needed. ``"warning"`` where
        what is installed cannot be loaded here.
    """
    wanted: dict[str, list[str]] = {}
    try:
        requirements = metadata.requires("spreports") or []
    except metadata.PackageNotFoundError:
        return
    for text in requirements:
        found = _REQUIREMENT.match(text)
        if found and found[2] not in _NOT_FOR_USERS:
            wanted.setdefault(found[2], []).append(found[1])
    for extra, packages in wanted.items():
        versions = {name: _version(name) for name in packages}
        missing = [name for name, version in versions.items() if version is None]
        have = ", ".join(f"{name} {v}" for name, v in versions.items() if v)
        lacks = f"not installed: {', '.join(missing)}"
        if versions.get("wasmtime") and (fault := kernel_fault()):
            yield Finding(
                check=f"extra {extra}",
                status="warning",
                message=f"{have}, but wasmtime cannot be loaded here: {fault}",
                advice="large documents are read more slowly, to the same values",
            )
            continue
        yield Finding(
            check=f"extra {extra}",
            status="skipped" if missing else "ok",
            message=lacks if missing else have,
            advice=f"pip install 'spreports[{extra}]', if you need it"
            if missing
            else None,
        )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

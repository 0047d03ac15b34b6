"""What a sink is refused for before anything is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Executor
from typing import Any

from spreports.errors import SinkError
from spreports.load.folders import check_writable
from spreports.load.kinds import check_kind
from spreports.load.object_store import delta_place
from spreports.load.target import open_target
from spreports.load.urls import check_place, missing, shown

__all__ = ["FORMATS", "SHUT_DOWN", "check_format", "check_sink"]

FORMATS = ("parquet", "delta")
SHUT_DOWN = "the executor is shut down and takes no work: run again with a new one"


def check_format(name: str) -> None:
    """Refuse a sink format that this version does not write.

    Raises
    ------
    ValueError
    """
    if name not in FORMATS:
        raise ValueError(f"format={name!r} is not written: 'parquet' or 'delta'")


def check_sink(
    url: str | os.PathLike[str],
    storage_options: Mapping[str, Any] | None,
    name: str,
    *,
    executor: Executor | None = None,
) -> None:
    """Refuse a place, or a format, before anything is asked for.

    Parameters
    ----------
    url, storage_options : see `Reports.sink`
    name : str
        Of the format.
    executor : Executor or None
        Who writes. None is this process: it needs the packages that the place takes,
        and a folder that can hold a sink and be written to.

    Raises
    ------
    ValueError, TypeError
        As `check_place` and `check_format`; the executor is none, but a class of them
        or something else; or its workers would write to a memory of their own.
    SinkError
        The executor is shut down; a package is missing; or as `open_target`,
        `delta_place`, `check_writable` and `check_kind`.
    """
    check_place(url, storage_options)
    check_format(name)
    text = os.fspath(url)
    here = executor is None
    if executor is not None:
        _check_executor(executor)
        if text.startswith("memory://"):
            _check_shared(text, executor)
    if here and (lack := missing(text)) is not None:
        raise SinkError(lack, url=shown(text))
    if name == "delta":
        delta_place(text, storage_options, here=here)
    elif here:
        open_target(text, storage_options=storage_options)
    if here:
        check_writable(text, beside=name != "delta")
    check_kind(text, storage_options, name, insist=here)


def _check_executor(executor: object) -> None:
    """Refuse what can take no work.

    One with a dead worker is left to say so of each document: others may be here.
    """
    if not isinstance(executor, Executor):
        raise TypeError(
            f"executor={executor!r} is no executor: give a concurrent.futures.Executor,"
            " such as ThreadPoolExecutor(4); of a dask Client, its get_executor()"
        )
    try:
        executor.submit(int).cancel()  # none tells otherwise whether it takes work
    except BrokenExecutor:
        return
    except RuntimeError:
        raise SinkError(SHUT_DOWN) from None


def _check_shared(text: str, executor: Executor) -> None:
    """Refuse a target in memory where workers have a memory of their own."""
    try:
        process = executor.submit(os.getpid).result()
    except BrokenExecutor:
        return
    if process != os.getpid():
        raise ValueError(
            f"{shown(text)} with an executor of other processes: each would write to a "
            "memory of its own, gone with it: leave out executor=, take a "
            "ThreadPoolExecutor, or a folder or object store that all workers reach"
        )

"""What a sink is refused for before anything is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from spreports.errors import SinkError
from spreports.load.folders import check_writable
from spreports.load.object_store import check_deltalake
from spreports.load.target import open_target
from spreports.load.urls import check_place, missing, shown

__all__ = ["FORMATS", "check_format", "check_sink"]

FORMATS = ("parquet", "delta")


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
    installed: bool = False,
) -> None:
    """Refuse a place, or a format, before anything is asked for.

    Parameters
    ----------
    url, storage_options : see `Reports.sink`
    name : str
        Of the format.
    installed : bool
        Insist on the packages that it takes, too, and on a folder that can hold a
        sink and be written to: who writes here needs them here.

    Raises
    ------
    ValueError, TypeError
        As `check_place` and `check_format`.
    SinkError
        A package is missing, or as `open_target` and `check_writable`.
    """
    check_place(url, storage_options)
    check_format(name)
    if installed:
        text = os.fspath(url)
        if (lack := missing(text)) is not None:
            raise SinkError(lack, url=shown(text))
        if name == "delta":
            check_deltalake(text)
        else:
            open_target(text, storage_options=storage_options)
        check_writable(text, beside=name != "delta")

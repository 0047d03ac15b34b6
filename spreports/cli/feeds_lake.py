"""The lake of a file of feeds: as a command says it, else as the file does."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from spreports.cli.load import add_storage

if TYPE_CHECKING:
    from spreports import FeedsFile

__all__ = ["add_lake", "lake_flags", "lake_of", "lake_settings"]

_FLAGS = ("to", "format", "storage_options")


def add_lake(command: argparse.ArgumentParser, beside: str = "") -> None:
    """Add what may stand in place of the file's lake; `beside` begins the help."""
    command.add_argument(
        "--to", metavar="URL", help=f"{beside}the lake, in place of the file's"
    )
    command.add_argument(
        "--format",
        choices=("parquet", "delta"),
        help=f"{beside}what a lake is made of, in place of the file's; Delta tables "
        "may be kept by several hosts",
    )
    add_storage(command)


def lake_flags(arguments: argparse.Namespace) -> list[str]:
    """Return which flags of `add_lake` were given."""
    given = [name for name in _FLAGS if getattr(arguments, name) is not None]
    return [f"--{name.replace('_', '-')}" for name in given]


def lake_of(arguments: argparse.Namespace, file: FeedsFile, path: str) -> str:
    """Return the lake that a command means; an empty ``--to`` is a slip of a script."""
    if arguments.to == "":
        raise ValueError("--to is empty: name a lake, or leave it out for the file's")
    to: str | None = arguments.to or file.to
    if to is None:
        raise ValueError(f"{path} names no lake: write to = ..., or --to")
    return to


def lake_settings(arguments: argparse.Namespace, file: FeedsFile) -> dict[str, Any]:
    """Return how a lake is stored, as the parameters of ``Client.sync``."""
    return {
        "storage_options": arguments.storage_options or dict(file.storage_options),
        "format": arguments.format or file.format,
    }

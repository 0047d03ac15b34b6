"""Feeds in a TOML file, of one account or of several."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from spreports.errors import ConfigError
from spreports.reports.sinks import FORMATS
from spreports.sync.feed import Feed

__all__ = ["FeedsFile", "read_feeds"]

_TOP = {"to", "format", "storage_options", "feed"}
_FEED = {f.name for f in fields(Feed) if f.name != "_format"} | {"profile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsFile:
    """What a feeds file says.

    Attributes
    ----------
    to : str or None
        The lake, as the file says it; `lake` is the one to write to.
    format : ``"parquet"`` or ``"delta"``
        Its feeds remember it, for `Client.sync`.
    storage_options : mapping
        For fsspec. Keys and secrets belong in the environment.
    accounts : mapping of str or None to tuple of Feed
        By profile; None is the account that the environment or the caller names.
    """

    to: str | None
    format: str = "parquet"
    storage_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    accounts: Mapping[str | None, tuple[Feed, ...]]

    @property
    def lake(self) -> str:
        """The lake, where the file names one.

        Raises
        ------
        ConfigError
            It does not.
        """
        if self.to is None:
            raise ConfigError(
                'the feeds file names no lake: write to = "..." at its top, or say '
                "where the feeds are kept as the second argument of sync"
            )
        return self.to

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """All feeds, where the file names no profile.

        Raises
        ------
        ConfigError
            It does: feeds that are not told apart would be asked for with the wrong
            account.
        """
        profiles = [name for name in self.accounts if name is not None]
        if profiles:
            raise ConfigError(
                f"the feeds file has feeds of profiles ({', '.join(profiles)}): take "
                ".accounts, and for each of them a client of its own, "
                "spreports.connect(profile=...)"
            )
        return self.accounts.get(None, ())


def read_feeds(path: str | os.PathLike[str]) -> FeedsFile:
    """Read a feeds file.

    ::

        to = "s3://lake"

        [[feed]]
        report_type = "orders"
        marketplaces = ["DE", "FR"]
        since = 2026-01-01
        partition_by = ["purchase-date:month"]

    Parameters
    ----------
    path : str or path
        TOML: ``to``, ``format``, a table ``storage_options``, and a ``[[feed]]`` for
        each feed with the parameters of `Feed`, and ``profile`` for another account's.

    Returns
    -------
    FeedsFile

    Raises
    ------
    ConfigError
        The file cannot be read or is not TOML.
    ValueError
        A key or a value that is none; the message names the feed.
    TypeError
        `path` is no path.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path= must be a path, and not {type(path).__name__}")
    file = Path(path)
    try:
        raw = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{file} is not TOML: {exc}") from exc
    _refuse_unknown(raw, _TOP, str(file))
    to, options = raw.get("to"), raw.get("storage_options", {})
    if to is not None and not isinstance(to, str):
        raise ValueError(f"{file}: to must be a text")
    written = raw.get("format", "parquet")
    if written not in FORMATS:
        raise ValueError(f"{file}: format must be one of {', '.join(FORMATS)}")
    if not isinstance(options, dict):
        raise ValueError(f"{file}: storage_options must be a table")
    tables = raw.get("feed", [])
    if not isinstance(tables, list) or not tables:
        raise ValueError(f"{file}: no feed; write a [[feed]] table for each")
    accounts: dict[str | None, list[Feed]] = {}
    for number, table in enumerate(tables, 1):
        place = f"{file}: feed {number}"
        _refuse_unknown(table, _FEED, place)
        said = dict(table)
        profile = said.pop("profile", None)
        if profile is not None and not isinstance(profile, str):
            raise ValueError(f"{place}: profile must be a text")
        if profile == "":
            raise ValueError(
                f"{place}: profile is empty: name one, or leave it out for the account "
                "of the environment"
            )
        accounts.setdefault(profile, []).append(_feed(said, place, written))
    return FeedsFile(
        to=to,
        format=written,
        storage_options=options,
        accounts={name: tuple(feeds) for name, feeds in accounts.items()},
    )


def _feed(said: dict[str, Any], place: str, written: str) -> Feed:
    """Return one feed, which remembers what its file makes the lake of."""
    for name in ("report_type", "marketplaces"):
        if name not in said:
            raise ValueError(f"{place}: {name} is missing")
    for name in ("marketplaces", "partition_by"):
        value = said.get(name, [])
        texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not texts:
            raise ValueError(f"{place}: {name} must be a list of texts")
    if not isinstance(said["report_type"], str):
        raise ValueError(f"{place}: report_type must be a text")
    if not isinstance(said.get("options", {}), dict):
        raise ValueError(f"{place}: options must be a table")
    since = said.get("since")
    if isinstance(since, datetime) and since.tzinfo is None:
        said["since"] = since.isoformat()  # is refused as text, not as Python's
    try:
        return Feed(said.pop("report_type"), **said, _format=written)
    except (ValueError, TypeError) as exc:
        raise ValueError(f"{place}: {exc}") from exc


def _refuse_unknown(table: object, known: set[str], place: str) -> None:
    """Raise for a key that means nothing: a slip would else go unseen for years."""
    if not isinstance(table, dict):
        raise ValueError(f"{place} must be a table")
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(
            f"{place}: {', '.join(unknown)} is no key of it; it knows "
            f"{', '.join(sorted(known))}"
        )

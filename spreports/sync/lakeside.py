"""A lake as one run sees it, and the refusal of one that is written in another way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spreports.errors import SinkError
from spreports.lake.place import Place
from spreports.lake.roots import is_delta
from spreports.load.object_store import fsspec_options
from spreports.load.urls import shown
from spreports.sync.delta_looks import DeltaLooks
from spreports.sync.files import Files
from spreports.sync.roots import data_roots, root_url
from spreports.sync.stream import Stream

__all__ = ["Lakeside", "refuse_delta", "refuse_parquet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lakeside:
    """A lake and what a run may do to it.

    Attributes
    ----------
    name : str
        In the ledger.
    to : str
    storage_options : mapping or None
    is_delta, refill : bool
        See `Book`.
    looks : DeltaLooks
        At the Delta tables, of this run.
    files : Files
        Listed by this run.
    commits : dict of str to set of int
        Of each Delta table, by its id, versions that syncs and sinks have committed.
    """

    name: str
    to: str
    storage_options: Mapping[str, Any] | None
    is_delta: bool
    refill: bool
    looks: DeltaLooks
    files: Files = field(default_factory=Files)
    commits: dict[str, set[int]] = field(default_factory=dict)

    def url(self, root: str) -> str:
        """Return where a data root lies, by its name in the lake."""
        return root_url(self.to, root)

    def place(self, root: str) -> Place:
        """Open a data root, by its name in the lake.

        Raises
        ------
        SinkError
            The protocol is unknown or not installed.
        """
        url, options = self.url(root), self.storage_options
        # Of a Delta lake they may be Delta Lake's own
        return Place.open(
            url, fsspec_options(url, options) if self.is_delta else options
        )

    def shown(self, stream: Stream) -> str:
        """Return the folder of a feed's type, without credentials, for an error."""
        return shown(self.url(stream.entry.report_type))


def refuse_delta(stream: Stream, lake: Lakeside) -> None:
    """Raise a SinkError where Parquet would come among the files of a Delta table."""
    for _, root in data_roots(stream):
        place = lake.place(root)
        if is_delta(place):
            msg = f"{place.name} is a Delta table: sync it with format='delta'"
            raise SinkError(msg, url=place.name)


def refuse_parquet(stream: Stream, lake: Lakeside) -> None:
    """Raise a SinkError where a Delta table would come among files of a plain sink."""
    for _, root in data_roots(stream):
        place = lake.place(root)
        if place.state.entries():
            msg = (
                f"{place.name} is kept as plain Parquet: sync it without"
                " format='delta', or to another lake"
            )
            raise SinkError(msg, url=place.name)

"""The state files of one look at a data root, each of them parsed once."""

from __future__ import annotations

from collections.abc import Mapping

from spreports.lake.compaction import Compaction, read_compaction
from spreports.lake.contents import report_of
from spreports.lake.holding import Holding, Span
from spreports.lake.place import Place
from spreports.load.marker import DamagedError, Marker, marker_digest

__all__ = ["Parsed"]


class Parsed:
    """What the state files of a data root say, parsed when it is first asked for.

    Parameters
    ----------
    root : Place
    found : mapping of str to bytes
        The state files, by name.
    """

    def __init__(self, root: Place, found: Mapping[str, bytes]) -> None:
        self._root, self._found = root, found
        self._markers: dict[str, Marker] = {}
        self._digests: dict[str, str] = {}
        self._compactions: dict[str, Compaction] = {}
        self._holdings: dict[str, Holding] = {}

    def marker(self, stem: str) -> Marker:
        """Return a marker.

        Raises
        ------
        DamagedError
            It is damaged; says in which data root.
        """
        if stem not in self._markers:
            try:
                found = Marker.from_bytes(stem, self._found[f"{stem}.json"])
            except DamagedError as exc:
                name = self._root.name
                raise DamagedError(f"{name}: {exc}", url=name) from None
            self._markers[stem] = found
        return self._markers[stem]

    def digest(self, stem: str) -> str:
        """Return the hash of a marker's bytes."""
        if stem not in self._digests:
            data = self._found[f"{stem}.json"]
            self._digests[stem] = marker_digest(data)
        return self._digests[stem]

    def compaction(self, stem: str) -> Compaction:
        """Return what the marker of a compaction holds.

        Raises
        ------
        DamagedError
            It is damaged.
        """
        if stem not in self._compactions:
            self._compactions[stem] = read_compaction(self._root, self.marker(stem))
        return self._compactions[stem]

    def holding(self, stem: str) -> Holding:
        """Return the report of its own marker.

        Raises
        ------
        DamagedError
            The marker is damaged.
        """
        if stem not in self._holdings:
            self._holdings[stem] = self._own(self.marker(stem))
        return self._holdings[stem]

    def _own(self, marker: Marker) -> Holding:
        rows = sum(file.rows for file in marker.files)
        name = self._root.name
        return Holding(
            report=report_of(marker.note, rows=rows, root=name, stem=marker.stem),
            spans=tuple(Span(file.path, 0, file.rows) for file in marker.files),
            digest=self.digest(marker.stem),
            schema=marker.schema,
            partition_by=marker.partition_by,
            note=marker.note,
            marker=marker.stem,
        )

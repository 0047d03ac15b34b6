"""Which files lie in the data roots of a lake, by their names alone.

A marker stays where somebody deletes a table's folder, or single files of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spreports.lake.place import Place

__all__ = ["Files"]


class Files:
    """The names of files in data roots; each root is listed once, unless asked anew."""

    def __init__(self) -> None:
        self._found: dict[str, Mapping[str, Sequence[str]]] = {}

    def of(self, root: Place, *, anew: bool = False) -> Mapping[str, Sequence[str]]:
        """Return the paths of files, relative to the data root, by their marker's stem.

        Parameters
        ----------
        root : Place
        anew : bool
            By a listing that is made now.

        Raises
        ------
        SinkError
            The data root cannot be listed.
        """
        if anew or root.path not in self._found:
            found: dict[str, list[str]] = {}
            for path in root.names():
                stem, dash, _ = path.rpartition("/")[2].rpartition("-")
                if dash and path.endswith(".parquet"):
                    found.setdefault(stem, []).append(path)
            self._found[root.path] = found
        return self._found[root.path]

"""The state files of a data root, as one look finds them while others write.

A listing is of no moment: what comes and goes meanwhile may be in it or not, on a disk
as in an object store, whose listings have pages. Who removes something has written
before what stands for it. So a listing lacks nothing if the next one has nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from spreports.errors import SinkOutageError
from spreports.lake.place import Place

__all__ = ["state_files"]

# Where others write all the time; a removal over the network lasts a second
LOOKS = 100
# What an object store says of a version. Source: s3fs, gcsfs and adlfs, `info`
_VERSIONS = ("ETag", "etag", "generation")
_WRITTEN = ("LastModified", "last_modified", "updated")
# What others say. A time alone may be of the same second.
# Source: fsspec, LocalFileSystem and MemoryFileSystem, `info`
_MADE = ("ino", "created", "mtime", "size")
_EXACT = {"ino", "created"}

# A file's name, and what is said of it; () where that could be of another one, too
Stamped = Mapping[str, tuple[str, ...]]


def state_files(
    root: Place, known: Collection[str]
) -> tuple[list[str], dict[str, bytes]]:
    """Return the names of all state files, and the bytes of those that are not known.

    Nothing is read twice of which the file system tells that it stays as it is: to look
    once more takes a listing. Where it does not tell, two listings have to be alike.

    Parameters
    ----------
    root : Place
    known : collection of str
        Stems of markers that need not be read.

    Returns
    -------
    names : list of str
    files : dict of str to bytes

    Raises
    ------
    SinkError
        The file system refused; a SinkOutageError where others rewrite the root faster
        than it can be read.
    """
    state, read = root.state, dict[str, tuple[tuple[str, ...], bytes]]()
    names = _stamped(state)
    for _ in range(LOOKS):
        wanted = [name for name in names if name.removesuffix(".json") not in known]
        lacking = [
            name
            for name in wanted
            if not names[name] or read.get(name, ((), b""))[0] != names[name]
        ]
        found = state.read(lacking)
        read |= {name: (names[name], data) for name, data in found.items()}
        is_known = bool(names) and not wanted
        again = names if is_known else _stamped(state)
        is_sure = all(names.values())
        is_same = again.items() <= names.items() if is_sure else again == names
        if len(found) == len(lacking) and is_same:
            return list(names), {name: read[name][1] for name in wanted}
        names = again
    raise SinkOutageError(
        f"{root.name}: others rewrite it (a compaction, a purge) faster than it can be"
        " read: try again in some minutes",
        url=root.name,
    )


def _stamped(state: Place) -> Stamped:
    return {
        name: _stamp(facts)
        for name, facts in state.listed().items()
        if facts["type"] != "directory" and name.endswith((".json", ".intent"))
    }


def _stamp(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what tells a file from another one of its name; () where nothing does."""
    if any(map(facts.get, _VERSIONS)):
        return tuple(str(facts.get(key)) for key in (*_VERSIONS, *_WRITTEN))
    if _EXACT.isdisjoint(facts):
        return ()
    return tuple(str(facts.get(key)) for key in _MADE)

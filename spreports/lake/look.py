"""The state files of a data root, as one look finds them while others write.

A listing is of no moment: what comes and goes meanwhile may be in it or not, on a disk
as in an object store, whose listings have pages. Who removes something has written
before what stands for it. So a listing lacks nothing if the next one has nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from spreports.errors import SinkOutageError
from spreports.lake.place import Place

__all__ = ["state_files"]

# Where others write all the time; a removal over the network lasts a second
LOOKS = 100
# What a file system may say of a file that is another one when it is written anew.
# Source: fsspec, LocalFileSystem and MemoryFileSystem.info; s3fs, gcsfs, adlfs
_STAMPS = (
    "ETag",
    "etag",
    "generation",
    "LastModified",
    "last_modified",
    "updated",
    "created",
    "mtime",
    "ino",
    "size",
)

# A file's name, and what is said of it
Stamped = Mapping[str, tuple[str, ...]]


def state_files(
    root: Place, known: Collection[str]
) -> tuple[list[str], dict[str, bytes]]:
    """Return the names of all state files, and the bytes of those that are not known.

    Nothing is read twice that stays as it is: to look once more takes a listing.

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
        lacking = [n for n in wanted if n not in read or read[n][0] != names[n]]
        found = state.read(lacking)
        read |= {name: (names[name], data) for name, data in found.items()}
        is_known = bool(names) and not wanted
        again = names if is_known else _stamped(state)
        if len(found) == len(lacking) and again.items() <= names.items():
            return list(names), {name: read[name][1] for name in wanted}
        names = again
    raise SinkOutageError(
        f"{root.name}: others rewrite it (a compaction, a purge) faster than it can be"
        " read: try again in some minutes",
        url=root.name,
    )


def _stamped(state: Place) -> Stamped:
    return {
        name: tuple(str(facts[key]) for key in _STAMPS if key in facts)
        for name, facts in state.listed().items()
        if facts["type"] != "directory" and name.endswith((".json", ".intent"))
    }

"""A folder of any file system, for reading: local, object store, memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from spreports.lake.ranges import RangedParquet, Ranges
from spreports.load.target import STATE, refusals
from spreports.load.urls import check_place, protocols, shown
from spreports.load.whole import read_whole

__all__ = ["Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder; it need not exist.

    Attributes
    ----------
    fs : fsspec.AbstractFileSystem
    path : str
        A path of `fs`, without a last slash.
    url : str
        As a user would write it.
    options : mapping
        `storage_options`; what an error quotes is checked against them.
    """

    fs: Any
    path: str
    url: str
    options: Mapping[str, Any]

    @classmethod
    def open(
        cls, url: str | os.PathLike[str], options: Mapping[str, Any] | None = None
    ) -> Place:
        """Open a folder by path or fsspec URL.

        Raises
        ------
        SinkError
            The protocol is unknown or not installed.
        ValueError, TypeError
            As `check_place`.
        """
        check_place(url, options)
        text = os.fspath(url)
        with refusals(text, options or {}, "open"):
            fs, path = fsspec.url_to_fs(text, **dict(options or {}))
        if isinstance(fs, LocalFileSystem) and ".." in str(path).split("/"):
            # As it was written: the system finds nothing in a folder that is not there
            path = os.path.realpath(path)
        return cls(fs, str(path).rstrip("/"), text.rstrip("/"), dict(options or {}))

    def __repr__(self) -> str:
        return f"Place({self.name!r})"

    @property
    def name(self) -> str:
        """The URL without credentials."""
        return shown(self.url) or "/"

    @property
    def is_local(self) -> bool:
        """Whether files are on a disk of this machine."""
        return isinstance(self.fs, LocalFileSystem)

    @property
    def is_s3(self) -> bool:
        """Whether what is read is held to the version that was there when opened.

        Source: Amazon S3 API, GetObject, If-Match; s3fs, S3File.
        """
        return "s3" in protocols(self.fs)

    def below(self, *pieces: str) -> Place:
        """Return a folder further down."""
        tail = "/".join(pieces)
        return Place(self.fs, f"{self.path}/{tail}", f"{self.url}/{tail}", self.options)

    @property
    def state(self) -> Place:
        """Where the markers of this data root lie: beside it."""
        path, url = self.path, self.url
        # os.path: Path's own raise for names too long, and for folders closed to us
        is_link = self.is_local and os.path.islink(path)  # noqa: PTH114 - see above
        if is_link and not os.path.isdir(_beside(path)):  # noqa: PTH112 - see above
            path = url = os.path.realpath(path)  # as `LocalTarget` writes them
        return Place(self.fs, _beside(path), _beside(url), self.options)

    def entries(self) -> dict[str, bool]:
        """Return the names in this folder, and whether each is a folder itself."""
        found = self.listed().items()
        return {name: facts["type"] == "directory" for name, facts in found}

    def listed(self) -> dict[str, Mapping[str, Any]]:
        """Return the names in this folder, with what the file system says of each."""
        with self.refusals("list"):
            self.fs.invalidate_cache(self.path)
            try:
                found = self.fs.ls(self.path, detail=True)
            except (FileNotFoundError, NotADirectoryError):
                return {}
            finally:
                # Kept, it would say of a file that comes later that it is not there
                self.fs.invalidate_cache(self.path)
        names = {str(e["name"]).rstrip("/").rpartition("/")[2]: e for e in found}
        return {name: names[name] for name in sorted(names) if name}

    def files(self) -> dict[str, int]:
        """Return every file below this folder, by relative path, with its size.

        An empty object whose key ends in a slash is none: the console of S3 makes one
        for each folder.
        """
        found = self._found()
        self.fs.invalidate_cache()
        start = len(self.path) + 1
        return {
            str(path)[start:]: int(facts["size"] or 0)
            for path, facts in sorted(found.items())
            if facts["size"] or not str(path).endswith("/")
        }

    def names(self) -> list[str]:
        """Return every file below this folder, by relative path, and no more of it."""
        if not self.is_local:
            return list(self.files())
        with self.refusals("list"):
            return list(_names(self.path))

    def _found(self) -> dict[str, Any]:
        """List every file below this folder; the file system keeps what it lists."""
        with self.refusals("list"):
            self.fs.invalidate_cache()
            try:
                return dict(self.fs.find(self.path, detail=True))
            except FileNotFoundError:
                return {}

    def size(self, path: str) -> int | None:
        """Return the bytes of a file below this folder, not by a listing of before."""
        place = f"{self.path}/{path}"
        with self.refusals("look at"):
            self.fs.invalidate_cache(place.rpartition("/")[0])
            try:
                return int(self.fs.info(place)["size"] or 0)
            except FileNotFoundError:
                return None

    def age(self, name: str, now: float) -> float | None:
        """Return for how many seconds a file is as it is; None where nobody tells.

        Parameters
        ----------
        name : str
        now : float, seconds since the epoch
        """
        place = f"{self.path}/{name}"
        with self.refusals("look at"):
            self.fs.invalidate_cache(self.path)
            try:
                written = self.fs.modified(place)
            except (FileNotFoundError, NotImplementedError):  # or it keeps no times
                return None
        return now - float(written.timestamp()) if written.tzinfo else None

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the bytes of the files of these names; those that are gone left out.

        Object stores are asked side by side.
        """
        kept = {}
        with self.refusals("read"):
            found = read_whole(self.fs, [f"{self.path}/{name}" for name in names])
            for name, data in zip(names, found, strict=True):
                if isinstance(data, FileNotFoundError | NotADirectoryError):
                    continue
                if isinstance(data, Exception):
                    raise data
                kept[name] = data
        return kept

    def parquet(
        self,
        path: str,
        *,
        checksums: bool = False,
        numbered: Callable[[pq.ParquetFile], list[str]] | None = None,
    ) -> pq.ParquetFile:
        """Open a Parquet file below this folder.

        Parameters
        ----------
        path : str
        checksums : bool
            Verify each page that is read.
        numbered : callable, optional
            Given the file, tells which columns of text come as dictionaries.

        Raises
        ------
        FileNotFoundError
            It is gone: somebody has replaced it.
        SinkError
            It cannot be opened, or is no Parquet file.
        """
        place = f"{self.path}/{path}"
        with self.refusals("read", gone=True):
            # Of an object store `Ranges` reads ahead; what Arrow did it would keep
            how = {
                "pre_buffer": self.is_local,
                "page_checksum_verification": checksums,
            }
            source = self._source(place)
            kind = pq.ParquetFile if self.is_local else RangedParquet
            file = kind(source, **how)
            names = [] if numbered is None else numbered(file)
            if not names:
                return file
            return kind(source, metadata=file.metadata, read_dictionary=names, **how)

    def _source(self, place: str) -> Any:
        """Open a file, to be read at any place."""
        if self.is_local:
            return pa.OSFile(place)
        try:
            file = self.fs.open(place, "rb", cache_type="none")
        except FileNotFoundError:
            # By a listing, maybe, that the program asked the same file system for
            self.fs.invalidate_cache(place.rpartition("/")[0])
            file = self.fs.open(place, "rb", cache_type="none")
        # What is read ahead, and kept, is for `Ranges` to say
        return Ranges(file)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Open files by one listing, where that is as safe as to ask for each.

        S3 lists a thousand files with their versions in the time that it takes to ask
        for a few, and what is replaced afterwards counts as gone.
        """
        if not self.is_s3:
            yield
            return
        self._found()
        try:
            yield
        finally:
            self.fs.invalidate_cache()

    @contextmanager
    def refusals(self, doing: str, *, gone: bool = False) -> Iterator[None]:
        """Turn what the file system raises into a SinkError.

        With `gone` a file that is, or that has become another one, passes as a
        FileNotFoundError.
        """
        missing: OSError | None = None
        with refusals(self.url, self.options, doing):
            try:
                yield
            except OSError as exc:
                # By its name, as s3fs need not be there: a store that is too busy has
                # the same number. Source: s3fs.utils, FileExpired; s3fs.errors
                is_other = type(exc).__name__ == "FileExpired"
                if not gone or not (is_other or isinstance(exc, FileNotFoundError)):
                    raise
                missing = exc
        if missing is not None:
            raise FileNotFoundError(2, "a file of the lake is gone") from None


def _names(folder: str) -> Iterator[str]:
    """Yield the paths of all files below a folder on a disk, also behind links.

    fsspec's `find` asks the system about each of them.
    """

    def unless_gone(exc: OSError) -> None:
        # It went while it was looked at, or its link leads in a circle
        if exc.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            raise exc

    for path, _, names in os.walk(folder, onerror=unless_gone, followlinks=True):
        inside = path[len(folder) :].replace(os.sep, "/").strip("/")
        yield from (f"{inside}/{name}".lstrip("/") for name in names)


def _beside(folder: str) -> str:
    """Return where the markers of a data root lie, for its path or its URL."""
    above, slash, name = folder.rpartition("/")
    return f"{above}{slash}{STATE}/{name}"

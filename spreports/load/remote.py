"""A data root on an fsspec file system: publish by whole uploads.

An object store has no rename and no transaction over files. Each file appears whole or
not at all; between the first and the last of a call a reader sees some of them. When
one fails, those that were new are deleted again; one that replaced a file of the same
report stays, since the same document gives the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from spreports.errors import SinkError
from spreports.load.leftovers import sweep, unique_name
from spreports.load.target import STATE, refusals
from spreports.load.urls import protocols, shown
from spreports.load.whole import is_there, read_whole

__all__ = ["RemoteTarget"]

BLOCK = 8 << 20
# One PUT is atomic there, and folders need not be made
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "memory"}


class RemoteTarget:
    """See `OpenTarget`. Temporary files lie in the system's temp folder.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
    root : str
        A path of `fs`.
    url : str
        As the user gave it.
    options : mapping
        `storage_options`, so that errors can be kept from quoting them.
    """

    def __init__(
        self,
        fs: Any,
        root: str,
        url: str,
        options: Mapping[str, Any],
    ) -> None:
        self._fs, self._root = fs, root
        self._url, self._options = url, options
        parent, _, name = root.rpartition("/")
        self._state = f"{parent}/{STATE}/{name}"
        self._run: Path | None = None
        self._new: list[str] = []
        self._lossy = False
        names = protocols(fs)
        self._object_store = bool(names & OBJECT_STORES)
        self._at_once = "memory" in names  # it knows no commit

    def alone(self) -> contextlib.AbstractContextManager[bool]:
        """Give False: an object store has no locks."""
        return contextlib.nullcontext(enter_result=False)

    def workdir(self) -> Path:
        """Return an own local folder, after sweeping those of the dead."""
        with refusals("the temp folder", {}, "write to"):
            parent = Path(tempfile.gettempdir())
            parent.mkdir(parents=True, exist_ok=True)
            sweep(parent)
            run = parent / unique_name()
            self._run = run  # before it is there: whoever is interrupted clears it
            run.mkdir(mode=0o700)
            return run

    def read_state(self, name: str) -> bytes | None:
        """Return a state file's bytes, None without one."""
        with self._refusals("read the markers beside"):
            (found,) = read_whole(self._fs, [f"{self._state}/{name}"])
            if isinstance(found, FileNotFoundError):
                return None
            if isinstance(found, Exception):
                raise found
            return found

    def write_state(self, name: str, data: bytes) -> None:
        """Upload a state file, whole or not at all."""
        with self._refusals("write the markers beside"):
            self._upload(io.BytesIO(data), len(data), f"{self._state}/{name}")

    def remove_state(self, name: str) -> None:
        """Delete a state file, if it is there."""
        with self._refusals("write the markers beside"):
            self._delete(f"{self._state}/{name}")

    def state_names(self) -> list[str]:
        """Return the names of all state files, not from a cache."""
        with self._refusals("read the markers beside"):
            self._fs.invalidate_cache()
            try:
                found = self._fs.ls(self._state, detail=False)
            except FileNotFoundError:
                return []
            return sorted(str(path).rpartition("/")[2] for path in found)

    def written(self, local: Path, start: int) -> None:
        """Do nothing: the local file is only read again."""

    def put(self, local: Path, path: str) -> None:
        """Upload a whole file, and look that all of it arrived."""
        place = self._place(path)
        with self._refusals("write to"):
            size = local.stat().st_size
            if not is_there(self._fs, place):
                self._new.append(place)
            with local.open("rb") as source:
                self._upload(source, size, place)
            self._fs.invalidate_cache(place.rpartition("/")[0])
            arrived = self._fs.size(place)
        if arrived != size:
            name = shown(self._url)
            msg = f"{name}: {arrived} of {size} bytes of a file arrived: run again"
            raise SinkError(msg, url=name)
        local.unlink()

    def drop(self, path: str) -> None:
        """Delete a file below the root, if it is there."""
        with self._refusals("delete a file of an earlier run at"):
            self._lossy = True
            self._delete(self._place(path))

    def has(self, path: str) -> bool:
        """Tell whether a file is there, as the store itself says."""
        with self._refusals("look at"):
            return is_there(self._fs, self._place(path))

    def settle(self) -> None:
        """An answered upload is durable."""

    def undo(self) -> bool:
        """Delete the new files; what was replaced or deleted stays so."""
        whole = not self._lossy
        for place in reversed(self._new):
            try:
                with self._refusals("clear up"):
                    self._delete(place)
            except SinkError:
                whole = False
        self._new.clear()
        return whole

    def keep(self) -> None:
        """Forget how to undo."""
        self._new.clear()

    def close(self) -> None:
        """Delete the temporary files."""
        if self._run is not None:
            try:
                shutil.rmtree(self._run, ignore_errors=True)
            except BaseException:  # Ctrl-C in the middle of it
                shutil.rmtree(self._run, ignore_errors=True)
                raise

    def _place(self, path: str) -> str:
        """Return a path below the root, and only there."""
        if any(piece in {"", ".", ".."} for piece in path.split("/")):
            name = shown(self._url)
            raise SinkError(f"{name}: a partition folder leads out of it", url=name)
        return f"{self._root}/{path}"

    def _delete(self, place: str) -> None:
        """Delete one file; a missing one is fine."""
        if is_there(self._fs, place):
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(place)

    def _upload(self, source: BinaryIO, size: int, place: str) -> None:
        """Upload one file so that it appears at the end or not at all."""
        if self._at_once or (self._object_store and size <= BLOCK):
            self._fs.pipe_file(place, source.read())
            return
        existed = False
        if not self._object_store:
            existed = is_there(self._fs, place)
            self._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
        handle = self._fs.open(place, "wb", autocommit=False, block_size=BLOCK)
        try:
            shutil.copyfileobj(source, handle, BLOCK)
            handle.close()
            handle.commit()
        except BaseException:
            # Closing would complete the upload; a second close must then do nothing
            with contextlib.suppress(Exception):
                handle.discard()
                handle.closed = True
            if not self._object_store:
                # Not every file system waits for the commit: no part may be taken
                # for the whole, not even where something whole was before
                self._lossy |= existed
                with contextlib.suppress(Exception):
                    self._delete(place)
            raise

    @contextlib.contextmanager
    def _refusals(self, doing: str) -> Iterator[None]:
        with refusals(self._url, self._options, doing):
            yield

"""A data root on a local file system: publish by rename, undo by rename."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from spreports.errors import SinkError
from spreports.load.durable import on_disk
from spreports.load.leftovers import sweep, unique_name
from spreports.load.target import STATE, refusals

__all__ = ["LocalTarget"]


class LocalTarget:
    """See `OpenTarget`. Temporary files lie in ``<parent>/_spreports/tmp/``.

    Parameters
    ----------
    root : Path
        Absolute; need not exist.
    name : str
        How errors call it.
    private : bool
        Files are 0600.
    """

    def __init__(self, root: Path, name: str, *, private: bool) -> None:
        self._name = name
        self._private = private
        # Renames must stay on the file system where the rows will lie
        self._root = Path(os.path.realpath(root))
        if root.is_symlink() and (root.parent / STATE / root.name).is_dir():
            raise SinkError(
                f"{name} is a link, and its markers lie beside the link, where those "
                "of new files would not: put it back, and link the whole lake's folder",
                url=name,
            )
        self._state = self._root.parent / STATE / self._root.name
        self._tmp = self._root.parent / STATE / "tmp"
        self._run: Path | None = None
        self._made: list[Path] = []
        self._done: list[tuple[Path, Path | None]] = []  # (visible, what was there)
        self._new: list[Path] = []
        self._unsynced: set[Path] = set()
        self._backups = 0

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the system's lock on the folder of the markers; it ends with us."""
        with self._refusals("lock the markers beside"):
            self._make(self._state)
            fd = os.open(self._state, os.O_RDONLY) if os.name == "posix" else None
        if fd is None:  # Windows opens no folders
            yield False
            return
        try:
            yield _locked(fd)
        finally:
            os.close(fd)

    def workdir(self) -> Path:
        """Return an own folder beside the root, after sweeping those of the dead."""
        with self._refusals("write beside"):
            sweep(self._tmp)
            for attempt in range(10):
                self._make(self._tmp)
                run = self._tmp / unique_name()
                self._run = run  # before it is there: whoever is interrupted clears it
                try:
                    run.mkdir(mode=0o700)
                except FileNotFoundError:  # another run has just tidied up behind it
                    if attempt == 9:
                        raise
                    continue
                (run / "old").mkdir()
                (run / "new").mkdir()
                break
            return run / "new"

    def read_state(self, name: str) -> bytes | None:
        """Return a state file's bytes, None without one."""
        with self._refusals("read the markers beside"):
            try:
                return (self._state / name).read_bytes()
            except FileNotFoundError:
                return None

    def write_state(self, name: str, data: bytes) -> None:
        """Write a state file, whole or not at all."""
        with self._refusals("write the markers beside"):
            temp = self._own_run() / "state"
            with temp.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._rename(temp, self._state / name)
        self.settle()

    def remove_state(self, name: str) -> None:
        """Delete a state file, if it is there."""
        with self._refusals("write the markers beside"):
            (self._state / name).unlink(missing_ok=True)

    def state_names(self) -> list[str]:
        """Return the names of all state files."""
        with self._refusals("read the markers beside"):
            try:
                return sorted(path.name for path in self._state.iterdir())
            except FileNotFoundError:
                return []

    def written(self, local: Path, start: int) -> None:
        """Have it on its way to the disk, so that `put` has little to wait for.

        A hint, where the system takes it. What was written a moment ago stays in the
        page cache, too.

        Source: Linux, mm/fadvise.c, POSIX_FADV_DONTNEED.
        """
        if hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError), local.open("rb") as file:
                advice = os.POSIX_FADV_DONTNEED
                os.posix_fadvise(file.fileno(), start, 0, advice)

    def put(self, local: Path, path: str) -> None:
        """Rename a whole file to its place, keeping what was there for `undo`."""
        with self._refusals("write to"):
            place = self._place(path)
            if self._private:
                local.chmod(0o600)
            on_disk(local)
            backup = self._backup(place)
            self._done.append((place, backup))
            self._rename(local, place)
            self._new.append(place)

    def drop(self, path: str) -> None:
        """Move a file out of the root, where `undo` finds it."""
        with self._refusals("write to"):
            place = self._place(path)
            backup = self._next_backup()
            self._done.append((place, backup))
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                place.replace(backup)
                self._unsynced.add(place.parent)

    def has(self, path: str) -> bool:
        """Tell whether a file is there."""
        with self._refusals("look at"):
            return self._place(path).exists()

    def settle(self) -> None:
        """Have the folders' entries on the disk, and each file in a place of its own.

        A file system that takes ``DE`` and ``de`` for one name would mix two folders.
        """
        with self._refusals("write to"):
            for folder in sorted(self._unsynced):
                on_disk(folder)
            self._unsynced.clear()
            places = {(s.st_dev, s.st_ino) for s in map(os.stat, self._new)}
            if len(places) < len(self._new):
                msg = (
                    f"{self._name}: this file system takes two folders for one, such"
                    " as DE and de: partition by another column"
                )
                raise SinkError(msg, url=self._name)

    def undo(self) -> bool:
        """Rename everything back, the last first."""
        whole = True
        for place, backup in reversed(self._done):
            try:
                if backup is None:
                    place.unlink(missing_ok=True)
                else:
                    backup.replace(place)
            except FileNotFoundError:
                pass
            except OSError:
                whole = False
        self._done.clear()
        self._new.clear()
        self._unsynced.clear()
        return whole

    def keep(self) -> None:
        """Delete folders that the drops have emptied."""
        for place, _ in self._done:
            folder = place.parent
            with contextlib.suppress(OSError):
                while folder != self._root:
                    folder.rmdir()
                    folder = folder.parent
        self._done.clear()

    def close(self) -> None:
        """Delete the temporary files, and folders made that stayed empty."""
        try:
            self._clear_away()
        except BaseException:  # Ctrl-C in the middle of it
            self._clear_away()
            raise

    def _clear_away(self) -> None:
        if self._run is not None:
            shutil.rmtree(self._run, ignore_errors=True)
        for folder in (self._tmp, *reversed(self._made), self._state.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _place(self, path: str) -> Path:
        """Return where `path` leads, never out of the root, not even by a link."""
        place = self._root / path
        inside = os.path.realpath(place.parent)
        if os.path.commonpath([self._root, inside]) != str(self._root):
            msg = f"{self._name}: a partition folder leads out of it (a link?)"
            raise SinkError(msg, url=self._name)
        return place

    def _rename(self, source: Path, place: Path) -> None:
        """Rename into a folder, even while another run is tidying up empty ones."""
        for attempt in range(10):
            self._make(place.parent)
            try:
                source.replace(place)
            except FileNotFoundError:
                if attempt == 9 or not source.exists():
                    raise
                continue
            self._unsynced.add(place.parent)
            return

    def _make(self, folder: Path) -> None:
        """Create a folder and its parents, and remember which were new."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            self._made.append(new)
            self._unsynced.add(new.parent)

    def _backup(self, place: Path) -> Path | None:
        """Keep a second name, or a copy, of what is about to be replaced."""
        backup = self._next_backup()
        try:
            os.link(place, backup, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError:  # no hard links here
            shutil.copy2(place, backup)
        return backup

    def _next_backup(self) -> Path:
        self._backups += 1
        return self._own_run() / "old" / str(self._backups)

    def _own_run(self) -> Path:
        if self._run is None:
            self.workdir()
        return self._run or self._tmp

    @contextlib.contextmanager
    def _refusals(self, doing: str) -> Iterator[None]:
        with refusals(self._name, {}, doing):
            yield


def _locked(fd: int) -> bool:
    """Wait for a lock; False where the system or the file system has none."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError:
        return False
    return True

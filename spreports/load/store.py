"""The local store: verified documents and staged frames, in folders of ours alone.

::

    documents/<account>/<document id>                    stored bytes, verified
    staged/<account>/<document id>.<variant>[-<version>].parquet
                                                         what lazy frames scan
    spool/                                               on their way
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from spreports.errors import ConfigError
from spreports.load.leftovers import sweep, unique_name
from spreports.load.private_folder import (
    entries_in,
    files_in,
    folders_in,
    private_folder,
    usable,
)

__all__ = ["Store"]

KEEP_YOUNGER = 3600.0
_PIECE = re.compile(r"[A-Za-z0-9._-]{1,200}")
_VARIANT = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Store:
    """Where documents and staged frames are kept between calls.

    Nothing is created before it is needed, and who needs no store needs no place for
    one. Folders are 0700.

    Parameters
    ----------
    home : Path or None
        None is ``$XDG_CACHE_HOME/spreports``, or ``~/.cache/spreports``.
    now : callable, seconds since the epoch
        For ages.

    Attributes
    ----------
    home : Path
        Absolute.
    """

    def __init__(
        self, home: Path | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._home = _place(home)
        self._now = now

    @property
    def home(self) -> Path:
        """The folder of all.

        Raises
        ------
        ConfigError
            The user has no home folder, and no other place was named.
        """
        if self._home is None:
            raise ConfigError(
                "there is no place for the store: the user's home folder is not known "
                "(HOME is not set, or ~ names nobody); name a folder with home= or "
                "SPREPORTS_HOME"
            )
        return self._home

    def document_path(self, account: str, document_id: str) -> Path:
        """Return where a document's verified stored bytes lie, or may be put.

        Parameters
        ----------
        account : str
            Fingerprint of the credentials, or SPREPORTS_ACCOUNT.
        document_id : str
            Amazon's; any text: what cannot be a file name is hashed.

        Returns
        -------
        Path
            Its folder exists. A file that is there counts as used now.

        Raises
        ------
        ConfigError
            The store cannot be used; see `private_folder`.
        """
        folder = private_folder(self.home, "documents", _piece(account))
        return self._used(folder / _piece(document_id))

    def staged_path(
        self, account: str, document_id: str, variant: str, version: str = ""
    ) -> Path:
        """Return where a document's staged frame lies, or may be put.

        Parameters
        ----------
        account, document_id
            As for `document_path`.
        variant : str
            A short hash of how it was read (table, types, ...).
        version : str
            One of what was read, where the document's id does not tell it. With
            `variant` ``[A-Za-z0-9_-]{1,40}``.

        Returns
        -------
        Path
            Its folder exists. A file that is there counts as used now.

        Raises
        ------
        ValueError
            They are something else.
        ConfigError
            The store cannot be used.
        """
        if version:
            variant = f"{variant}-{version}"
        if not _VARIANT.fullmatch(variant):
            msg = "variant and version are 1 to 40 of A-Z a-z 0-9 _ -"
            raise ValueError(msg)
        folder = private_folder(self.home, "staged", _piece(account))
        return self._used(folder / f"{_piece(document_id)}.{variant}.parquet")

    def spool_path(self) -> Path:
        """Return a new path for a file on its way; nothing is there yet.

        Returns
        -------
        Path
            On the store's file system, so that a rename takes it to its place.

        Raises
        ------
        ConfigError
            The store cannot be used.
        """
        return private_folder(self.home, "spool") / unique_name(".tmp")

    @contextlib.contextmanager
    def spooled(self) -> Iterator[Path]:
        """Lend a file's path in the spool; what lies there afterwards is deleted."""
        path = self.spool_path()
        try:
            yield path
        finally:
            with contextlib.suppress(OSError):  # a sweep takes it later
                path.unlink(missing_ok=True)

    def forget(self, account: str, document_id: str) -> None:
        """Delete a document and every frame staged from it: for restricted reports.

        Parameters
        ----------
        account, document_id
            As for `document_path`. Unknown ones are fine.

        Raises
        ------
        ConfigError
            The file system refuses: the bytes are still there.
        """
        document = self.home / "documents" / _piece(account) / _piece(document_id)
        try:
            document.unlink(missing_ok=True)
            self._unstage(account, document_id)
        except OSError as exc:
            msg = f"cannot delete a restricted document in {self.home}: {exc.strerror}"
            raise ConfigError(msg) from exc

    def outdate(self, account: str, document_id: str, version: str) -> None:
        """Delete the frames that were staged from other versions of a document.

        Parameters
        ----------
        account, document_id, version
            As for `staged_path`. What cannot be deleted stays, as it may be open.
        """
        with contextlib.suppress(OSError):
            self._unstage(account, document_id, but=f"-{version}.parquet")

    def _unstage(self, account: str, document_id: str, but: str | None = None) -> None:
        """Delete a document's staged frames, but those whose names end so."""
        begins = f"{_piece(document_id)}."
        for path in files_in(self.home / "staged" / _piece(account)):
            variant = path.name.removeprefix(begins).removesuffix(".parquet")
            staged = path.name == f"{begins}{variant}.parquet"
            staged = staged and _VARIANT.fullmatch(variant) is not None
            if staged and not (but and path.name.endswith(but)):
                path.unlink(missing_ok=True)

    def trim(self, max_bytes: int) -> int:
        """Delete what was used longest ago, until the rest fits.

        Parameters
        ----------
        max_bytes : int
            Documents and staged frames together. Files used within the last hour stay
            even above it: a lazy frame may be about to scan them.

        Returns
        -------
        int, bytes
            Deleted.

        Raises
        ------
        ConfigError
            The store cannot be looked through.
        """
        known = []
        with usable(self.home):
            for entry in chain.from_iterable(map(entries_in, self._accounts())):
                with contextlib.suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    known.append((facts.st_mtime, facts.st_size, entry.path))
        total = sum(size for _, size, _ in known)
        freed = 0
        # Each client looks, of which next to none has anything to delete
        for used, size, path in sorted(known) if total > max_bytes else ():
            if total - freed <= max_bytes or self._now() - used < KEEP_YOUNGER:
                break
            with contextlib.suppress(OSError):
                Path(path).unlink()
                freed += size
        return freed

    def sweep(self) -> int:
        """Delete temporary files of killed processes.

        Returns
        -------
        int
            Deleted.

        Raises
        ------
        ConfigError
            The store cannot be looked through.
        """
        with usable(self.home):
            folders = [self.home / "spool", *self._accounts()]
            return sum(sweep(folder, now=self._now) for folder in folders)

    def _accounts(self) -> list[Path]:
        """Return the folders that hold documents and staged frames."""
        kinds = (self.home / "documents", self.home / "staged")
        return [folder for kind in kinds for folder in folders_in(kind)]

    def _used(self, path: Path) -> Path:
        """Note the time of use of a file that is there."""
        with contextlib.suppress(OSError):
            if stat.S_ISLNK(path.lstat().st_mode):
                path.unlink()  # not ours: we only ever put files here
            else:
                os.utime(path, (self._now(), self._now()), follow_symlinks=False)
        return path


def _place(home: Path | None) -> Path | None:
    """Return where a store is to lie; None where that hangs on an unknown home."""
    try:
        if home is None:
            cache = os.environ.get("XDG_CACHE_HOME", "")
            # XDG: a relative path is invalid and is ignored
            own = Path(cache).is_absolute()
            base = Path(cache) if own else Path.home() / ".cache"
            home = base / "spreports"
        return home.expanduser().absolute()
    except RuntimeError:  # pathlib's: no HOME, and no such user
        return None


def _piece(text: str) -> str:
    """Return a text as a file name, hashed when it cannot be one."""
    if _PIECE.fullmatch(text) and text.strip(".") and not text.startswith("run-"):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256-{digest}"

"""Stored bytes of a file, which nothing has proved: a disk or a copy may damage them.

A bit that is turned in gzip makes other text of what follows. That shows as a letter of
no charset, or as a row with too many cells, before the checksum is reached; the advice
to pass another charset would hide the damage.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from spreports.errors import DecodeError, DecompressError, ParseError
from spreports.fetch.decompress import Members
from spreports.fetch.plain_chunks import plain_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

__all__ = ["damage_first"]


@contextmanager
def damage_first(open_stored: Callable[[], BinaryIO]) -> Iterator[None]:
    """Tell what is wrong with a file's gzip before what is wrong with its text.

    Parameters
    ----------
    open_stored : callable
        Gives the stored bytes once more; called after an error alone, since that may be
        a second transfer.

    Raises
    ------
    DecompressError
        In the place of an error about the text, where the gzip is not whole and sound.
    """
    try:
        yield
    except (DecodeError, ParseError) as exc:
        if isinstance(exc.__cause__, ImportError):  # what reads them is not installed
            raise
        damage = _damage(open_stored)
        if damage is None:
            raise
        raise damage from None


def _damage(open_stored: Callable[[], BinaryIO]) -> DecompressError | None:
    """Return what is wrong with the gzip; None where it is sound, or there is none."""
    members = Members()
    try:
        with closing(plain_chunks(open_stored, members)) as chunks:
            for _ in chunks:
                if not members.begun and not members.ended:
                    break
    except DecompressError as exc:
        return exc
    except Exception:  # noqa: BLE001 - each file system has its own classes
        return None  # what cannot be read again hides nothing that was read
    return None

"""Text of a charset of single bytes to UTF-8, by the kernel."""

from __future__ import annotations

import struct
from typing import Final

import pyarrow as pa

from spreports.fetch.kernel.sandbox import NoRoomError, Sandboxes, kernel_pays

__all__ = ["Transcoder", "transcoder_of"]

_SINGLE_BYTES: Final = frozenset(
    {"cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1256"}
)


def transcoder_of(charset: str) -> Transcoder | None:
    """Return a transcoder; None for a charset whose letters are several bytes.

    Parameters
    ----------
    charset : str
        Name of a Python codec.
    """
    return Transcoder(charset) if charset in _SINGLE_BYTES else None


class Transcoder:
    """Transcodes chunks, each by itself.

    Parameters
    ----------
    charset : str
    """

    def __init__(self, charset: str) -> None:
        self._boxes = Sandboxes(b"".join(_letter(k, charset) for k in range(256)))
        self._seen_bytes = 0

    def utf8(self, chunk: bytes) -> bytes | None:
        """Return a chunk as UTF-8.

        Parameters
        ----------
        chunk : bytes
            Cut anywhere.

        Returns
        -------
        bytes or None
            None where a byte is none of the charset, and for the first chunks, until
            the kernel pays.
        """
        self._seen_bytes += len(chunk)
        if not kernel_pays(self._seen_bytes):
            return None
        try:
            with self._boxes.one() as (sandbox, table):
                text = pa.py_buffer(chunk)
                if sandbox.run("transcode", text, table=table) < 0:
                    return None
                job = sandbox.job
                return sandbox.read(job.made, job.made_size)
        except NoRoomError:
            return None


def _letter(number: int, charset: str) -> bytes:
    """Return what the kernel's table has for a byte."""
    utf8 = bytes([number]).decode(charset, "ignore").encode()
    return struct.pack("<3sB", utf8, len(utf8))

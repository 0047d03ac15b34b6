"""What the disk and Arrow raise, as the error of a sink."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from spreports.errors import SinkError

__all__ = ["as_sink_errors"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def as_sink_errors(folder: Path | None = None) -> Iterator[None]:
    """Turn what the disk and Arrow raise into a SinkError.

    Parameters
    ----------
    folder : Path, optional
        Where temporary files are written.

    Raises
    ------
    SinkError
    """
    try:
        yield
    except OSError as exc:
        where = "" if folder is None else f" below {folder.parent}"
        advice = "make room there, " if exc.errno in _FULL else ""
        msg = (
            f"cannot write temporary files{where}: {exc.strerror or exc}; {advice}"
            "nothing that was visible has changed"
        )
        raise SinkError(msg, url=None if folder is None else str(folder)) from exc
    except pa.ArrowException as exc:
        # Arrow quotes values
        msg = f"cannot write these columns as Parquet: {type(exc).__name__}"
        raise SinkError(msg) from None

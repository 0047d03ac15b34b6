"""What the disk and Arrow raise, as the error of a sink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from spreports.errors import SinkError

__all__ = ["as_sink_errors"]


@contextmanager
def as_sink_errors() -> Iterator[None]:
    """Turn what the disk and Arrow raise into a SinkError.

    Raises
    ------
    SinkError
    """
    try:
        yield
    except OSError as exc:
        msg = f"cannot write temporary files: {exc.strerror or exc}"
        raise SinkError(msg) from exc
    except pa.ArrowException as exc:
        # Arrow quotes values
        msg = f"cannot write these columns as Parquet: {type(exc).__name__}"
        raise SinkError(msg) from None

"""No polars in a forked child of a process that used it.

Polars keeps threads, which do not come along into a child: it would wait for them for
ever. This module is imported where polars is about to be used, and not before: a child
has it from its parent, or makes its own.
"""

from __future__ import annotations

import os

from spreports.errors import ConfigError

__all__ = ["check_process"]

# Where polars was first used
_USED_IN = os.getpid()


def check_process() -> None:
    """Refuse to use polars in a forked child of the process that used it first.

    Raises
    ------
    ConfigError
    """
    if os.getpid() != _USED_IN:
        raise ConfigError(
            f"this process was forked from one that had used polars (pid {_USED_IN}), "
            "which would wait here for ever: start processes with multiprocessing's "
            "'spawn' or 'forkserver'; or leave scan() and read() to the parent, as "
            "batches() and sink() of a report work in a forked child"
        )

"""A forked child that does one thing, or is killed over it."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

STUCK = "stuck"


def in_child(work: Callable[[], object], seconds: int = 5) -> str:
    """Return what `work` gives in a forked child, as text; `STUCK` after `seconds`."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # To fork beside threads is what is tried here
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            text = str(work())
        except BaseException as exc:  # noqa: BLE001 - told to the parent
            text = f"{type(exc).__name__}: {exc}"
        os.write(theirs, text.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answers:
        text = answers.read()
    os.waitpid(child, 0)
    return text or STUCK


@contextmanager
def held(lock: AbstractContextManager[object]) -> Iterator[None]:
    """Have another thread hold a lock."""
    has, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            has.set()
            enough.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait()
    try:
        yield
    finally:
        enough.set()
        thread.join()

"""Damaged documents of every format: a typed error or a table, and always an end.

Each has a cap of memory and of time: what hangs is interrupted, and fails.
"""

from __future__ import annotations

import io
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from spreports.errors import DocumentError
from spreports.fetch.document import open_batches
from tests.fetch.documents import worded
from tests.fetch.fuzz_kinds import SEED, document, kinds

if TYPE_CHECKING:
    from types import FrameType

pytestmark = pytest.mark.usefixtures("each_way")

SLOW = 5_000 if os.environ.get("SPREPORTS_SLOW") == "short" else 20_000
# A mutated document has some kilobytes; gzip damage cannot make it a thousandfold
ARROW_CAP = 32 << 20
# Of the whole run, whose documents come and go: what a single one took stays visible
RESIDENT_CAP = 192 << 20
# Of this process's own work, since the machine may be busy, and by the clock
SECONDS = 10.0
PATIENCE = 120.0
MOST_READS = 20_000


class Counted(io.BytesIO):
    """A stream that is asked only so often."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        assert self.reads < MOST_READS, "the document is read without an end"
        return super().read(size)


@contextmanager
def interrupted() -> Iterator[None]:
    """Interrupt a document that works or waits too long, and fail."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {SECONDS} s of work, or {PATIENCE} s in all")

    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, SECONDS),
        (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE),
    )
    before = {number: signal.signal(number, stop) for _, number, _ in timers}
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for timer, number, _ in timers:
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def resident() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def fuzz(first: int, last: int) -> Counter[tuple[str, str]]:
    """Read documents by number; count what came of them, by format."""
    outcomes: Counter[tuple[str, str]] = Counter()
    pool = pa.default_memory_pool()
    start = resident()
    slowest = 0.0
    for number in range(first, last):
        kind, stored, options = document(number)
        before, begun = pool.bytes_allocated(), time.process_time()
        try:
            with interrupted():
                reader = open_batches(
                    lambda stored=stored: Counted(stored),  # type: ignore[misc]  # bound now
                    kind.entry,
                    **worded(**options),
                )
                rows = 0
                for batch in reader:
                    rows += batch.num_rows
                    assert pool.bytes_allocated() - before < ARROW_CAP
                    batch.validate(full=True)
            assert rows <= 1000 * len(stored)
            outcome = "a table"
        except DocumentError as error:
            outcome = type(error).__name__
        except BaseException as error:
            error.add_note(f"seed {SEED!r}, number {number}: {kind.name}, {options}")
            raise
        slowest = max(slowest, time.process_time() - begun)
        assert resident() - start < RESIDENT_CAP, f"number {number}: {kind.name}"
        outcomes[str(kind.entry.format), outcome] += 1
    grown = (resident() - start) >> 20
    told = ", ".join(
        f"{form} {what} {n}" for (form, what), n in sorted(outcomes.items())
    )
    print(f"slowest {slowest:.2f} s, {grown} MiB more: {told}")  # noqa: T201 - for -s
    return outcomes


@pytest.mark.slow
def test_damaged_documents_are_typed_errors_or_tables() -> None:
    outcomes = fuzz(0, 1_500)

    of_flat = {each for form, each in outcomes if form in {"tsv", "csv"}}
    assert of_flat == {"a table", "DecompressError", "DecodeError", "ParseError"}
    for form in ("tsv", "csv", "json", "xml", "xlsx"):
        assert outcomes[form, "a table"] >= 3, form
        assert outcomes[form, "ParseError"] > 5, form


@pytest.mark.slow
def test_damaged_documents_in_the_long_run() -> None:
    outcomes = fuzz(1_500, 1_500 + SLOW)

    assert outcomes.total() == SLOW
    assert {form for form, _ in outcomes} == {
        str(each.entry.format) for each in kinds()
    }

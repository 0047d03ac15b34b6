"""Blocks parsed two at a time give the rows, errors and findings of one by one."""

from __future__ import annotations

import gzip
import io
import os
import threading
from collections.abc import Callable, Generator, Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType
from spreports.errors import DecompressError, ParseError
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from spreports.fetch.flat import block_rows
from spreports.fetch.kernel import sandbox
from spreports.fetch.read_options import ReadOptions
from tests.fetch.documents import UTF_8, entry, opener

pytestmark = pytest.mark.usefixtures("each_way")

COLUMNS = (
    Column(name="text"),
    Column(name="count", dtype="int64"),
    Column(name="money", dtype="decimal"),
    Column(name="at", dtype="timestamp", formats=("%d.%m.%Y %H:%M:%S %Z", "iso")),
)
NAMES = "text\tcount\tmoney\tat"
PLAIN = entry(*COLUMNS)
PADDED = entry(*COLUMNS, pad_short_rows=True)
SETTLEMENT = entry(
    Column(name="settlement-id"),
    Column(name="currency"),
    Column(name="total-amount", dtype="decimal"),
    Column(name="amount", dtype="decimal"),
    local_decimals=True,
    summary_row=True,
)
SOUND = "x\t7\t4.90\t2026-10-01T10:05:00Z"
LINES = st.lists(
    st.sampled_from(
        [
            *(SOUND, SOUND, SOUND, NAMES, "", "x\t1\t0.5\t01.10.2026 10:05:00 CEST"),
            *("x\tmany\t1\t", "x\t1\t1,5\t", "x\t1\t\tyesterday", "x\t1", "x\t1\t1"),
            *("x", "x\t1\t1\t\t1"),
        ]
    )
    | st.just(SOUND),
    max_size=24,
)


@pytest.fixture(autouse=True)
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)


def one_by_one(
    work: Callable[[bytes], Any], items: Generator[bytes, None, None], *, threads: int
) -> Generator[Any, None, None]:
    assert threads == 2
    for item in items:
        yield work(item)


def outcome(
    text: str, kind: ReportType, rule: str, block_bytes: int
) -> tuple[list[Any], Any, Findings]:
    """Return rows up to an error, the error, and the findings."""
    findings = Findings()
    rows: list[Any] = []
    error: Any = None
    with open_batches(
        opener(text.encode()),
        kind,
        ReadOptions(on_bad_value=rule, batch_bytes=block_bytes, findings=findings),
        content_type=UTF_8,
    ) as reader:
        try:
            for batch in reader:
                rows += batch.to_pylist()
        except ParseError as exc:
            error = (str(exc), exc.row, exc.column)
    return rows, error, findings


def both(
    text: str, kind: ReportType, rule: str = "raise", block_bytes: int = 30
) -> tuple[list[Any], Any, Findings]:
    """Read a document in both ways; return what both give."""
    at_once = outcome(text, kind, rule, block_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_rows, "at_work", one_by_one)
        assert at_once == outcome(text, kind, rule, block_bytes)
    return at_once


def document(*lines: str) -> str:
    return "".join(f"{line}\n" for line in (NAMES, *lines))


@pytest.mark.slow
@settings(deadline=None)
@given(
    lines=LINES,
    kind=st.sampled_from([PLAIN, PADDED]),
    rule=st.sampled_from(["raise", "null", "rescue"]),
    block_bytes=st.sampled_from([30, 45, 60, 1 << 20]),
)
@example(
    lines=[SOUND] * 9 + ["x\tmany\t\t"] * 9, kind=PLAIN, rule="raise", block_bytes=1
)
@example(lines=[SOUND] * 5 + ["x\t1"] * 9, kind=PADDED, rule="raise", block_bytes=30)
@example(
    lines=[SOUND] * 3 + [NAMES] * 5 + ["x"], kind=PLAIN, rule="null", block_bytes=1
)
def test_two_at_a_time_give_the_rows_error_and_findings_of_one_by_one(
    lines: list[str], kind: ReportType, rule: str, block_bytes: int
) -> None:
    rows, error, findings = both(document(*lines), kind, rule, block_bytes)

    assert findings.rows == len(rows)
    if error is None:
        wanted = [line for line in lines if line and line != NAMES]
        assert len(rows) == len(wanted)


@pytest.mark.parametrize(
    ("bad", "column"),
    [("x\tmany\t1\t", "count"), ("x\t1", None), ("x\t1\ty\t", "money")],
)
@pytest.mark.parametrize("place", [1, 2, 3, 7, 40])
def test_an_error_names_its_row_and_nothing_behind_it_counts(
    bad: str, column: str | None, place: int
) -> None:
    lines = [SOUND] * place + [bad, SOUND, SOUND]
    lines += [NAMES, "x\tmany\t1\t", "x", SOUND] * 20

    rows, error, findings = both(document(*lines), PLAIN)

    assert error is not None
    assert error[1:] == (place + 1, column)
    # A block is a row or two, and comes out whole or not at all
    assert len(rows) == findings.rows in {place - 1, place}
    assert findings.repeated_headers == 0
    assert findings.bad_cells == {}


def test_padded_rows_and_repeated_headers_are_counted_wherever_they_are() -> None:
    lines = [SOUND, "x\t1", NAMES, SOUND] * 50

    rows, error, findings = both(document(*lines), PADDED)

    assert error is None
    assert len(rows) == 150
    assert (findings.padded_rows, findings.repeated_headers) == (50, 50)


def test_a_summary_row_is_told_apart_and_held_to_rows_of_many_blocks() -> None:
    names = "settlement-id\tcurrency\ttotal-amount\tamount\n"
    rows = "".join(f"1\t\t\t{n},25\n" for n in range(200))

    sound = names + "1\tEUR\t19950,00\t\n" + rows
    parted, error, findings = both(sound, SETTLEMENT)
    assert error is None
    assert len(parted) == findings.rows == 200
    assert findings.summary_rows == 1

    _, error, _ = both(names + "1\tEUR\t19950,01\t\n" + rows, SETTLEMENT)
    assert error is not None
    assert "add up to 19950.00" in error[0]


def test_blocks_without_a_currency_are_read_by_that_of_the_rows_above() -> None:
    # "1.234" is a thousand and more in euros, and one and a bit otherwise
    names = "settlement-id\tcurrency\ttotal-amount\tamount\n"
    blank = "1\t\t\t1.234\n" * 50
    rows = f"1\tEUR\t\t1.234\n{blank}1\tUSD\t\t1.234\n{blank}"

    parted, error, _ = both(names * 3 + rows, SETTLEMENT, block_bytes=1)

    assert error is None
    wanted = [Decimal(1234)] * 51 + [Decimal("1.234")] * 51
    assert [row["amount"] for row in parted] == wanted


class Watched(io.BytesIO):
    """A stored document that says when it is closed."""

    opened: list[Watched]
    before: frozenset[threading.Thread]

    @classmethod
    def of(cls, stored: bytes) -> Callable[[], Watched]:
        cls.opened, cls.before = [], frozenset(threading.enumerate())

        def give() -> Watched:
            cls.opened.append(cls(stored))
            return cls.opened[-1]

        return give


def all_ended() -> bool:
    # Other tests' clients and simulators may still be about
    running = [t for t in threading.enumerate() if t not in Watched.before]
    return not running and all(stream.closed for stream in Watched.opened)


def pieces(count: int) -> bytes:
    return gzip.compress(document(*[SOUND] * count).encode(), 1)


def batches(stored: bytes) -> Any:
    return open_batches(
        Watched.of(stored),
        PLAIN,
        ReadOptions(batch_bytes=10_000),
        content_type=UTF_8,
    )


def test_a_reader_closed_while_blocks_are_at_work_ends_threads_and_stream() -> None:
    reader = batches(pieces(100_000))
    for _ in range(3):
        reader.read_next_batch()
    assert not all_ended()
    reader.close()
    del reader
    assert all_ended()


def test_an_interrupt_while_blocks_are_at_work_ends_threads_and_stream() -> None:
    def consumed(reader: Iterator[Any]) -> None:
        for number, _ in enumerate(reader):
            if number == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consumed(batches(pieces(100_000)))
    assert all_ended()


def test_rows_before_a_damage_of_the_gzip_come_out_first() -> None:
    stored = pieces(100_000)
    whole = batches(stored).read_all()
    seen: list[pa.RecordBatch] = []
    with pytest.raises(DecompressError):
        seen.extend(batches(stored[: len(stored) * 3 // 4]))
    rows = pa.Table.from_batches(seen)
    assert rows.num_rows > 10_000
    assert rows.equals(whole.slice(0, rows.num_rows))
    assert all_ended()


def test_on_two_cores_the_kernel_has_one_thread_and_other_parsers_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(2), raising=False)
    asked: list[int] = []

    def noted(
        work: Callable[[bytes], Any],
        items: Generator[bytes, None, None],
        *,
        threads: int,
    ) -> Generator[Any, None, None]:
        asked.append(threads)
        for item in items:
            yield work(item)

    monkeypatch.setattr(block_rows, "at_work", noted)
    outcome(document(*[SOUND] * 9), PLAIN, "raise", 30)

    assert asked == [1 if sandbox.kernel_pays(1) else 2]

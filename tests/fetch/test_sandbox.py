"""The kernel: optional, loaded late, shut in, and gone when the process ends."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading

import pytest
import wasmtime

from spreports.fetch.decode import decode
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.flat.kernel_rows import kernel_rows
from spreports.fetch.kernel import sandbox
from spreports.fetch.kernel.sandbox import (
    NoRoomError,
    Sandbox,
    Sandboxes,
    kernel_is_there,
)
from tests.fetch.json_reports import json_type, read_json, table

ROWS = 40_000
READING = """
    import io, sys
    from spreports.catalog import lookup
    from spreports.fetch.document import open_batches
    from spreports.fetch.kernel import sandbox

    {before}
    line = "302-1\\t2026-10-01T10:00:00+00:00\\t12\\" Größe\\t2\\t9.90\\n"
    text = "amazon-order-id\\tpurchase-date\\tproduct-name\\tquantity\\titem-price\\n"
    text += line * {rows}
    reader = open_batches(
        lambda: io.BytesIO(text.encode()),
        lookup("orders"),
        content_type="text/plain;charset=UTF-8",
    )
    {after}
"""


def run(before: str, after: str, rows: int = ROWS) -> subprocess.CompletedProcess[str]:
    """Read a document in a process of its own."""
    code = textwrap.dedent(READING).format(before=before, after=after, rows=rows)
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_the_kernel_asks_for_nothing_outside_but_to_give_up() -> None:
    _, module = sandbox._loaded()

    assert [(each.module, each.name) for each in module.imports] == [
        ("host", "no_room")
    ]


@pytest.mark.slow
def test_rows_are_the_same_without_wasmtime() -> None:
    after = "print(reader.read_all().to_pandas().to_csv()); print('wasmtime' in seen())"
    seen = "seen = lambda: [m for m in sys.modules if sys.modules[m] is not None]"
    here = f"sandbox._PAYS_FROM = 0; {seen}"
    there = run(here, after)
    without = run(f"sys.modules['wasmtime'] = None; {here}", after)

    assert there.stdout.endswith("True\n")
    assert without.stdout.endswith("False\n")
    assert there.stdout[: -len("True\n")] == without.stdout[: -len("False\n")]
    assert len(there.stdout) > ROWS * 20


def test_a_small_document_loads_no_kernel() -> None:
    done = run("", "reader.read_all(); print('wasmtime' in sys.modules)")

    assert done.stdout == "False\n"


@pytest.mark.slow
def test_a_large_document_loads_one() -> None:
    before = "sandbox._PAYS_FROM = 1 << 20"
    done = run(before, "reader.read_all(); print('wasmtime' in sys.modules)")

    assert done.stdout == "True\n"


@pytest.mark.slow
def test_a_process_that_ends_in_the_middle_says_nothing() -> None:
    done = run("sandbox._PAYS_FROM = 0", "print(next(reader).num_rows > 0)", 400_000)

    assert done.stdout == "True\n"
    assert done.stderr == ""


def test_a_kernel_that_has_no_room_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise wasmtime.WasmtimeError("mmap failed")

    monkeypatch.setattr(wasmtime.Linker, "instantiate", refused)
    caplog.set_level("INFO", "spreports")

    assert not kernel_is_there()
    assert "without the kernel: mmap failed" in caplog.text


def test_a_kernel_whose_library_the_system_refuses_is_no_error(
    refused_library: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "spreports")

    assert not kernel_is_there()
    assert f"without the kernel: {refused_library}" in caplog.text


def test_a_kernel_that_cannot_be_compiled_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise wasmtime.WasmtimeError("no executable memory")

    monkeypatch.setattr(sandbox, "_loaded", refused)
    caplog.set_level("INFO", "spreports")

    assert not kernel_is_there()
    assert "without the kernel: no executable memory" in caplog.text


def test_whoever_has_no_wasmtime_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    caplog.set_level("INFO", "spreports")

    assert not kernel_is_there()
    assert caplog.text == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a limit on addresses is Linux's")
def test_a_limit_on_addresses_that_leaves_room_for_one_sandbox_loses_no_row() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (9 << 30,) * 2)"
    before = f"sandbox._PAYS_FROM = 0; {limited}"
    done = run(before, "print(reader.read_all().num_rows)", 400_000)

    assert done.stdout == "400000\n"


def test_memory_that_cannot_grow_is_an_error_of_its_own() -> None:
    box = Sandbox(*sandbox._loaded())

    with pytest.raises(NoRoomError, match="begin"):
        box._call("begin", (1 << 31) - 1)


def test_memory_that_cannot_grow_ends_no_process_that_has_taken_the_signals() -> None:
    code = """if True:
        import faulthandler
        from spreports.fetch.kernel import sandbox

        box = sandbox.Sandbox(*sandbox._loaded())
        faulthandler.enable()
        try:
            box._call("room", (1 << 31) - 1)
        except sandbox.NoRoomError as exc:
            print(exc)
    """
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "its memory cannot grow: room\n")


@pytest.mark.parametrize("function", ["rows", "records", "transcode"])
def test_what_the_kernel_has_no_room_for_is_left_to_others(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **_told: int) -> int:
        raise NoRoomError

    assert kernel_is_there()
    monkeypatch.setattr(Sandbox, "run", refused)
    if function == "rows":
        names = {"names": ("a",), "served": ("a",), "line": b"a", "delimiter": "\t"}
        header = Header(**names, quoting=Quoting.OFF, line_end=b"\n")  # type: ignore[arg-type]  # as named
        reader = kernel_rows(header, {}, ())
        assert reader is not None
        assert reader.batch(b"x\n") is None
    elif function == "records":
        rows = [{"a": k} for k in range(100)]
        document = json.dumps({"rows": rows}).encode()
        kind = json_type(table("rows", a="int64"))
        assert read_json(document, kind, batch_bytes=100).to_pylist() == rows
    else:
        assert b"".join(decode([b"\xe9"], "cp1252")) == "é".encode()


def test_threads_at_work_have_a_sandbox_each_and_leave_it_to_the_next() -> None:
    boxes = Sandboxes(b"setup")
    both = threading.Barrier(2)
    used: set[int] = set()

    def work() -> None:
        with boxes.one() as (box, start):
            both.wait(60)
            used.add(id(box))
            assert box.read(start, 5) == b"setup"

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with boxes.one() as (box, _):
        used.add(id(box))

    assert len(used) == 2


def test_a_sandbox_in_which_something_went_wrong_is_not_used_again() -> None:
    boxes = Sandboxes(b"")
    with pytest.raises(ValueError, match="x"), boxes.one() as (first, _):
        raise ValueError("x")
    with boxes.one() as (second, _):
        assert second is not first


def test_a_text_of_no_bytes_has_a_place_of_its_own() -> None:
    header = Header(
        names=("a",),
        served=("a",),
        line=b"a",
        delimiter="\t",
        quoting=Quoting.OFF,
        line_end=b"\n",
    )
    rows = kernel_rows(header, {}, ("",))
    assert rows is not None
    assert kernel_is_there()

    batch = rows.batch(b"")

    assert batch is not None
    assert batch.num_rows == 0
    with rows._boxes.one() as (box, start):
        assert box._text > start

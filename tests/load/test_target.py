"""The same promises where there is no rename: in memory and on an S3."""

from __future__ import annotations

import gc
import io
import pickle
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
from fsspec.implementations.memory import MemoryFileSystem

from spreports.errors import ParseError, SinkError
from spreports.load.parquet import sink
from spreports.load.urls import shown
from tests.load.lake import Bucket, markers
from tests.load.rows import breaking, orders, reader


@pytest.fixture(autouse=True)
def temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every test see its temporary files."""
    folder = tmp_path / "system-temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def noise(rows: int) -> pa.Table:
    """Give rows that do not compress."""
    rng = random.Random(7)  # noqa: S311 - test data
    texts = [rng.randbytes(50).hex() for _ in range(rows)]
    return pa.table({"n": range(rows), "text": texts})


def test_rows_written_to_s3_read_back_and_only_parquet_lies_below_the_root(
    bucket: Bucket, temp_folder: Path
) -> None:
    table = orders(300)

    result = sink(
        reader(table),
        bucket.url,
        stem="7",
        partition_by=["sales-channel"],
        storage_options=bucket.options,
    )

    assert (result.rows, result.files) == (300, 3)
    assert bucket.objects() == {
        *(f"orders/sales-channel=Amazon.{i}/7-0.parquet" for i in range(3)),
        "_spreports/orders/7.json",
    }
    frames = [
        pl.read_parquet(io.BytesIO(bucket.fs.cat_file(f"{bucket.name}/{key}")))
        for key in bucket.objects()
        if key.endswith(".parquet")
    ]
    assert sorted(pl.concat(frames)["n"]) == list(range(300))
    assert not any(temp_folder.iterdir())
    (marker,) = markers(bucket.url, bucket.options)
    assert sum(file.rows for file in marker.files) == 300


@pytest.mark.slow
def test_another_partition_on_s3_leaves_no_stale_object(bucket: Bucket) -> None:
    for by in (["sales-channel"], ["sku"], []):
        sink(
            reader(orders(50)),
            bucket.url,
            stem="7",
            partition_by=by,
            storage_options=bucket.options,
        )

    assert bucket.objects() == {"orders/7-0.parquet", "_spreports/orders/7.json"}


@pytest.mark.slow
def test_a_large_file_goes_up_in_parts_and_arrives_whole(bucket: Bucket) -> None:
    table = noise(200_000)

    result = sink(reader(table), bucket.url, stem="7", storage_options=bucket.options)

    assert result.bytes > 9 << 20
    data = bucket.fs.cat_file(f"{bucket.name}/orders/7-0.parquet")
    assert pq.read_table(io.BytesIO(data)).equals(table)
    assert not bucket.open_uploads()


@pytest.mark.slow
def test_an_upload_that_breaks_off_is_discarded(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = s3fs.S3File._upload_chunk

    def failing(self: Any, final: bool = False) -> Any:
        if self.parts:
            raise OSError(5, "the line broke")
        return upload(self, final)

    monkeypatch.setattr(s3fs.S3File, "_upload_chunk", failing)
    with pytest.raises(SinkError, match="the line broke"):
        sink(
            reader(noise(200_000)),
            bucket.url,
            stem="7",
            storage_options=bucket.options,
        )

    assert bucket.objects() == set()
    assert not bucket.open_uploads()


@pytest.mark.parametrize("error", [ParseError("row 7"), KeyboardInterrupt()])
def test_a_reader_that_breaks_leaves_nothing_on_s3_or_in_memory(
    bucket: Bucket, memory: Any, temp_folder: Path, error: BaseException
) -> None:
    places: list[tuple[str, Any]] = [
        (bucket.url, bucket.options),
        ("memory://lake/o", {}),
    ]
    for url, options in places:
        with pytest.raises(type(error)):
            sink(
                breaking(orders(20_000), 3, error),
                url,
                stem="7",
                partition_by=["sku"],
                storage_options=options,
            )

    assert bucket.objects() == set()
    assert not bucket.open_uploads()
    assert not memory.store
    assert not any(temp_folder.iterdir())


class Failing(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A memory file system whose n-th write or delete fails."""

    protocol = "failing"
    cachable = False
    countdown = -1
    store: dict[str, Any] = {}  # noqa: RUF012 - as MemoryFileSystem does
    pseudo_dirs = [""]  # noqa: RUF012 - as MemoryFileSystem does
    error: BaseException = OSError(5, "broken")

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("failing://", "memory://")))

    def count(self) -> None:
        type(self).countdown -= 1
        if type(self).countdown == 0:
            raise self.error

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "wb":
            self.count()
        file = super()._open(path, mode, **options)
        if mode == "wb":
            commit: Callable[[], None] = file.commit

            def counted() -> None:
                self.count()
                commit()

            file.commit = counted
        return file

    def rm_file(self, path: str) -> None:
        if type(self).countdown > 0:  # clearing up works
            self.count()
        self.store.pop(self._strip_protocol(path))


@pytest.fixture
def failing() -> type[Failing]:
    fsspec.register_implementation("failing", Failing, clobber=True)
    Failing.store.clear()
    Failing.pseudo_dirs[:] = [""]
    Failing.countdown = -1
    Failing.error = OSError(5, "broken")
    return Failing


def rows_of(fs: type[Failing]) -> list[int]:
    """Every `n` below the root."""
    found: list[int] = []
    for path, file in fs.store.items():
        if path.startswith("/lake/o/"):
            found += pq.read_table(io.BytesIO(file.getvalue()))["n"].to_pylist()
    return sorted(found)


@pytest.mark.parametrize("nth", range(1, 12))
@pytest.mark.parametrize("kind", [OSError(5, "broken"), KeyboardInterrupt()])
def test_a_first_publish_that_fails_leaves_nothing_visible(
    failing: type[Failing], nth: int, kind: BaseException
) -> None:
    failing.countdown = nth
    failing.error = kind

    # open and commit of the intent, of three files and of the marker: 10; then rm
    with pytest.raises((SinkError, KeyboardInterrupt)) as caught:
        sink(
            reader(orders(30)),
            "failing://lake/o",
            stem="7",
            partition_by=["sales-channel"],
        )
    if (
        nth == 11
    ):  # everything is there, and the intent hides it: nobody may call it done
        assert rows_of(failing) == list(range(30))
        assert caught.type is KeyboardInterrupt or "hidden" in str(caught.value)
    else:
        # The marker may come late: its note stays, and hides it
        left = {"/lake/_spreports/o/7.intent"} if nth in {9, 10} else set()
        assert set(failing.store) == left

    failing.countdown = -1
    sink(reader(orders(30)), "failing://lake/o", stem="7", partition_by=["sku"])
    assert rows_of(failing) == list(range(30))
    assert not [path for path in failing.store if path.endswith(".intent")]


@pytest.mark.parametrize("nth", range(1, 24))
def test_a_replacing_publish_that_fails_is_healed_by_the_next(
    failing: type[Failing], nth: int
) -> None:
    sink(reader(orders(30)), "failing://lake/o", stem="7", partition_by=["sku"])
    failing.countdown = nth

    try:
        sink(reader(orders(50)), "failing://lake/o", stem="7")
        done = True
    except SinkError:
        done = False
    hidden = "/lake/_spreports/o/7.intent" in failing.store
    if done or failing.countdown > 0:
        assert rows_of(failing) == list(range(50))
    assert not (done and hidden), "its rows do not count"
    assert done or hidden or rows_of(failing) == list(range(30))

    failing.countdown = -1
    sink(reader(orders(50)), "failing://lake/o", stem="7")
    assert rows_of(failing) == list(range(50))
    assert {path for path in failing.store if "_spreports" in path} == {
        "/lake/_spreports/o/7.json"
    }


@pytest.mark.parametrize("nth", range(1, 12))
def test_a_failure_over_the_very_same_rows_takes_none_of_them_away(
    failing: type[Failing], nth: int
) -> None:
    def sink_with(note: str) -> None:
        sink(
            reader(orders(30)),
            "failing://lake/o",
            stem="7",
            partition_by=["sales-channel"],
            note={"of": note},
        )

    sink_with("then")
    failing.countdown = nth

    with pytest.raises(SinkError):
        sink_with("now")

    # Where a commit fails, no part may be taken for the whole that was there
    hidden = "/lake/_spreports/o/7.intent" in failing.store
    assert hidden or rows_of(failing) == list(range(30))


def test_the_note_of_what_cannot_be_cleared_up_stays(
    failing: type[Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(fs: Failing, path: str) -> None:
        if path.endswith(".parquet"):
            raise PermissionError
        fs.store.pop(fs._strip_protocol(path))

    by = ["sales-channel"]
    with monkeypatch.context() as patched:
        patched.setattr(Failing, "rm_file", refused)
        failing.countdown = 6
        with pytest.raises(SinkError):
            sink(reader(orders(30)), "failing://lake/o", stem="7", partition_by=by)

    assert rows_of(failing)
    assert "/lake/_spreports/o/7.intent" in failing.store


def test_a_file_of_which_a_part_arrives_is_an_error_and_not_left_there(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = MemoryFileSystem.pipe_file

    def cut(fs: Any, path: str, value: bytes, **how: Any) -> None:
        end = len(value) - path.endswith(".parquet")
        pipe(fs, path, value[:end], **how)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", cut)

    with pytest.raises(SinkError, match=r"\d+ of \d+ bytes of a file arrived"):
        sink(reader(orders(30)), "memory://lake/o", stem="7")

    assert not memory.store


class CutShort(io.RawIOBase):
    """A file that takes a byte, and has it there once it is closed or forgotten."""

    closed = False

    def __init__(self, store: dict[str, Any], path: str) -> None:
        self._store, self._path = store, path

    def write(self, data: Any) -> int:
        raise OSError(5, "broken")

    def discard(self) -> None:
        """Leave it at that: not every file system can."""

    def close(self) -> None:
        if not self.closed:
            self._store[self._path] = io.BytesIO(b"P")


@pytest.mark.slow
def test_no_part_of_a_file_comes_into_sight_with_what_forgets_it(
    failing: type[Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Failing._open

    def cut(fs: Failing, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "wb" and path.endswith(".parquet"):
            return CutShort(fs.store, fs._strip_protocol(path))
        return opened(fs, path, mode, **options)

    monkeypatch.setattr(Failing, "_open", cut)

    with pytest.raises(SinkError):
        sink(reader(orders(30)), "failing://lake/o", stem="7")
    gc.collect()

    assert not failing.store


def test_a_bucket_without_a_folder_is_refused(bucket: Bucket) -> None:
    for url in (f"s3://{bucket.name}", f"s3://{bucket.name}/"):
        with pytest.raises(SinkError, match="/lake"):
            sink(reader(orders(3)), url, stem="7", storage_options=bucket.options)

    assert bucket.objects() == set()


def test_a_bucket_that_is_missing_is_a_sink_error_without_the_keys(
    bucket: Bucket,
) -> None:
    said = "s3://no-such-bucket/orders: there is no such bucket or folder"
    with pytest.raises(SinkError, match=said) as caught:
        sink(
            reader(orders(3)),
            "s3://no-such-bucket/orders",
            stem="7",
            storage_options=bucket.options,
        )

    assert caught.value.url == "s3://no-such-bucket/orders"
    told = f"{caught.value!r} {pickle.dumps(caught.value)!r} {caught.value.__cause__!r}"
    assert "canary" not in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"keey": "canary-key"}, "storage_options has 'keey', which this file system"),
        ({"client_kwargs": {"regoin": "canary"}}, "storage_options has 'regoin', whi"),
        ({"endpoint_url": "http://canary"}, "storage_options says 'endpoint_url' twi"),
    ],
)
def test_an_option_that_no_one_knows_is_named_without_its_value(
    bucket: Bucket, *, options: dict[str, Any], said: str
) -> None:
    inner = {**bucket.options["client_kwargs"], **options.get("client_kwargs", {})}
    given = {**bucket.options, **options, "client_kwargs": inner}
    with pytest.raises(SinkError, match=said) as caught:
        sink(reader(orders(3)), bucket.url, stem="7", storage_options=given)

    assert "canary" not in f"{caught.value} {caught.value.__cause__}"


def test_a_type_error_for_another_reason_names_no_option(
    failing: type[Failing],
) -> None:
    failing.error = TypeError("f() got an unexpected keyword argument 'canary'")
    failing.countdown = 1

    with pytest.raises(SinkError, match="failing://lake/o: TypeError"):
        sink(reader(orders(3)), "failing://lake/o", stem="7")


def test_who_is_not_let_in_is_told_so(failing: type[Failing]) -> None:
    failing.error = PermissionError("the canary may not write")
    failing.countdown = 1

    with pytest.raises(SinkError, match=r"access is denied to these cr") as caught:
        sink(reader(orders(3)), "failing://lake/o", stem="7")

    assert "canary" not in str(caught.value)


def test_an_error_that_quotes_a_secret_is_not_shown(
    failing: type[Failing],
) -> None:
    failing.error = OSError(5, "denied for key hunter2-canary")
    failing.countdown = 1

    with pytest.raises(SinkError) as caught:
        sink(
            reader(orders(3)),
            "failing://user:hunter2-canary@lake/o?sig=hunter2-canary",
            stem="7",
        )

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = sys.modules["fsspec.registry"]
    monkeypatch.delitem(registry._registry, "s3", raising=False)
    monkeypatch.setitem(sys.modules, "s3fs", None)

    with pytest.raises(SinkError, match=r"spreports\[s3\]"):
        sink(reader(orders(3)), "s3://lake/orders", stem="7")


@pytest.mark.parametrize(
    "url", ["nonsense://a/b", "simplecache::s3://a/b", "http://a/b"]
)
def test_a_url_that_cannot_be_written_to_is_a_sink_error(url: str) -> None:
    with pytest.raises(SinkError):
        sink(reader(orders(3)), url, stem="7")


def test_a_shown_url_has_no_user_and_no_query() -> None:
    url = "s3://key:secret@bucket/a/b?token=secret#secret"

    assert shown(url) == "s3://bucket/a/b"
    assert shown("/home/me@work/lake") == "/home/me@work/lake"
    azure = "abfss://bronze@account.dfs.core.windows.net/lake"
    assert shown(f"{azure}?sig=canary") == azure
    assert shown("abfs://bronze@account?sig=can/ary") == "abfs://bronze@account"
    assert shown("s3://key:se?cret@bucket?token=can/ary") == "s3://bucket"
    assert "canary" not in shown("abfss://me:canary@account.dfs.core.windows.net/lake")


def test_memory_is_a_target_like_any_other(memory: Any) -> None:
    sink(reader(orders(30)), "memory://lake", stem="7", partition_by=["sku"])
    sink(reader(orders(20)), "memory://lake", stem="7")

    assert set(memory.store) == {"/lake/7-0.parquet", "/_spreports/lake/7.json"}


@pytest.mark.slow
def test_a_folder_of_this_machine_needs_no_fsspec(tmp_path: Path) -> None:
    told = f"""
import sys
import pyarrow as pa
from spreports.load.parquet import sink
sink(pa.table({{"n": [1]}}).to_reader(), {str(tmp_path / "lake")!r}, stem="7")
print("fsspec" in sys.modules)
"""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
    assert [path.name for path in tmp_path.rglob("*.parquet")] == ["7-0.parquet"]

"""A failure on the way to a local folder leaves it as it was."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from spreports.errors import DecompressError, ParseError, SinkError
from spreports.load import encoders
from spreports.load.leftovers import unique_name
from spreports.load.marker import intent_bytes
from spreports.load.parquet import sink
from tests.load.lake import numbers, tree
from tests.load.rows import breaking, orders, reader


@pytest.mark.parametrize(
    "error",
    [
        ParseError("row 7", row=7),
        DecompressError("cut"),
        KeyboardInterrupt(),
        OSError(),
    ],
)
@pytest.mark.parametrize("by", [[], ["sales-channel"]])
def test_a_reader_that_breaks_passes_its_error_and_changes_nothing(
    tmp_path: Path, by: list[str], error: BaseException
) -> None:
    root = tmp_path / "deep" / "lake" / "orders"
    with pytest.raises(type(error)) as caught:
        sink(breaking(orders(20_000), 3, error), root, stem="7", partition_by=by)
    assert getattr(caught.value, "row", None) == getattr(error, "row", None)
    assert not (tmp_path / "deep").exists()

    sink(reader(orders(5)), root, stem="7")
    before = tree(tmp_path)
    with pytest.raises(type(error)):
        sink(breaking(orders(20_000), 3, error), root, stem="7", partition_by=by)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("kind", [OSError(28, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", range(12))
def test_a_failure_while_publishing_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, kind: BaseException
) -> None:
    root = tmp_path / "lake" / "orders"
    sink(reader(orders(30)), root, stem="7", partition_by=["sales-channel"])
    before = tree(tmp_path)
    calls = 0
    rename = Path.replace

    def failing(self: Path, target: Path) -> Path:
        nonlocal calls
        if "old" not in self.parts:  # undoing works
            calls += 1
            if calls == nth + 1:
                raise kind
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    # 1 intent, 7 files, 3 stale ones, 1 marker
    with pytest.raises((SinkError, KeyboardInterrupt)):
        sink(reader(orders(40)), root, stem="7", partition_by=["sku"])

    assert calls == nth + 1
    assert tree(tmp_path) == before
    monkeypatch.setattr(Path, "replace", rename)
    sink(reader(orders(40)), root, stem="7", partition_by=["sku"])
    assert numbers(root) == list(range(40))


def test_a_full_disk_is_a_sink_error_that_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(SinkError, match=r"temporary files below /.* make room"):
            sink(reader(orders(50_000)), tmp_path / "lake" / "o", stem="7")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert not (tmp_path / "lake").exists()


def test_private_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    sink(reader(orders(3)), tmp_path / "lake", stem="7", private=True)

    mode = (tmp_path / "lake" / "7-0.parquet").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_link_below_the_root_does_not_lead_rows_out_of_it(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    (tmp_path / "elsewhere").mkdir()
    root.mkdir()
    (root / "sales-channel=Amazon.1").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SinkError, match="leads out"):
        sink(reader(orders(9)), root, stem="7", partition_by=["sales-channel"])

    assert tree(root) == {}
    assert tree(tmp_path / "elsewhere") == {}


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_stay(
    tmp_path: Path,
) -> None:
    tmp = tmp_path / "_spreports" / "tmp"
    mine = tmp / unique_name()
    dead = tmp / mine.name.replace(f"-{os.getpid()}-", "-999999999-")
    for run in (mine, dead):
        (run / "new").mkdir(parents=True)
        (run / "new" / "0.parquet").write_bytes(b"half a file")
    # As after a laptop's sleep, or a step of the clock
    os.utime(mine, (0, 0))

    sink(reader(orders(3)), tmp_path / "lake", stem="7")

    assert [path.name for path in tmp.iterdir()] == [mine.name]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{}", b"[" * 100_000, b'{"format": 1, "files": [{"path": "7-0.parquet"}]}'],
)
def test_a_marker_that_cannot_be_read_deletes_nothing(
    tmp_path: Path, damage: bytes
) -> None:
    sink(reader(orders(3)), tmp_path / "lake", stem="7")
    (tmp_path / "_spreports" / "lake" / "7.json").write_bytes(damage)
    before = tree(tmp_path)

    with pytest.raises(SinkError, match="damaged"):
        sink(reader(orders(2)), tmp_path / "lake", stem="7")

    assert tree(tmp_path) == before


# All else in the note or the marker is sound
@pytest.mark.parametrize("kind", ["json", "intent"])
@pytest.mark.parametrize(
    "path",
    ["../7-0.parquet", "8-0.parquet", "8/7-0.parquet", "a=1/8-0.parquet", "7-0.csv"],
)
def test_what_names_a_file_of_others_deletes_nothing(
    tmp_path: Path, kind: str, path: str
) -> None:
    root = tmp_path / "lake"
    sink(reader(orders(3)), root, stem="7")
    marker = tmp_path / "_spreports" / "lake" / "7.json"
    told = json.loads(marker.read_bytes() if kind == "json" else intent_bytes([path]))
    if kind == "json":
        told["files"][0]["path"] = path
    marker.with_suffix(f".{kind}").write_text(json.dumps(told))
    foreign = root / path
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"precious")
    before = tree(tmp_path)

    with pytest.raises(SinkError, match=f"damaged 7.{kind}"):
        sink(reader(orders(2)), root, stem="7")

    assert tree(tmp_path) == before


@pytest.mark.parametrize("stem", ["", "../7", "a/b", ".7", "_7", "x" * 201, "7\n"])
def test_a_stem_that_is_no_plain_name_is_a_value_error(
    tmp_path: Path, stem: str
) -> None:
    with pytest.raises(ValueError, match="stem"):
        sink(reader(orders(3)), tmp_path / "lake", stem=stem)


@pytest.mark.parametrize("url", ["/", "file:///", "memory://", "_spreports"])
def test_a_place_without_a_sibling_is_refused(url: str) -> None:
    with pytest.raises(SinkError, match=r"folder"):
        sink(reader(orders(3)), url, stem="7")


@pytest.mark.parametrize(
    ("owner", "name", "prefix"),
    [(Path, "mkdir", "run-"), (shutil, "rmtree", "run-"), (Path, "rmdir", "tmp")],
)
def test_ctrl_c_while_it_makes_or_clears_its_folder_leaves_none_behind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    owner: Any,
    name: str,
    prefix: str,
) -> None:
    work = getattr(owner, name)
    pressed: list[Path] = []

    def step(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name.startswith(prefix) and not pressed:
            pressed.append(path)
            if name == "mkdir":
                work(path, *arguments, **options)
            raise KeyboardInterrupt
        return work(path, *arguments, **options)

    monkeypatch.setattr(owner, name, step)
    with pytest.raises(KeyboardInterrupt):
        sink(reader(orders(9)), tmp_path / "lake" / "o", stem="7")

    assert len(pressed) == 1
    assert not (tmp_path / "lake" / "_spreports" / "tmp").exists()


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="not on this system")
@pytest.mark.parametrize("refuses", [False, True])
def test_each_row_group_is_on_its_way_to_the_disk_once_and_that_is_but_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, refuses: bool
) -> None:
    seen: list[tuple[int, int]] = []

    def advised(fd: int, start: int, length: int, advice: int) -> None:
        assert (length, advice) == (0, os.POSIX_FADV_DONTNEED)
        seen.append((start, os.fstat(fd).st_size))
        if refuses:
            raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "posix_fadvise", advised)
    root = tmp_path / "lake" / "orders"
    sink(reader(orders(40)), root, stem="6", row_group_rows=10)
    assert seen == []  # for so little the call takes longer than the disk
    monkeypatch.setattr(encoders, "HINT_BYTES", 1)
    sink(reader(orders(40)), root, stem="7", row_group_rows=10)

    assert len(seen) == 4
    assert [start for start, _ in seen] == [0, *(stop for _, stop in seen[:-1])]
    assert all(start < stop for start, stop in seen)
    assert numbers(root) == sorted([*range(40)] * 2)

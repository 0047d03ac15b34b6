"""Small files are read whole by one request each, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from spreports.load.remote import RemoteTarget
from spreports.load.whole import is_there, read_whole
from tests.load.lake import Bucket


@pytest.fixture(params=["file", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, str]]:
    """A file system, and a folder of it."""
    if request.param == "s3":
        bucket: Bucket = request.getfixturevalue("bucket")
        yield bucket.fs, f"{bucket.url.removeprefix('s3://')}/state"
        return
    root = str(tmp_path) if request.param == "file" else f"/{tmp_path.name}"
    yield fsspec.filesystem(request.param), f"{root}/state"


@pytest.mark.parametrize("folder", ["plain", "[a] b*"])
def test_files_come_whole_and_in_order(place: tuple[Any, str], folder: str) -> None:
    fs, root = place
    at = f"{root}/{folder}"
    fs.makedirs(at, exist_ok=True)
    for name, data in (("b", b"two"), ("a", b"one"), ("empty", b"")):
        fs.pipe_file(f"{at}/{name}", data)

    *there, gone = read_whole(fs, [f"{at}/{n}" for n in ("b", "empty", "a", "none")])
    alone = read_whole(fs, [f"{at}/empty"])

    assert there == [b"two", b"", b"one"]
    assert isinstance(gone, FileNotFoundError)
    assert (alone, read_whole(fs, [])) == ([b""], [])
    known = [is_there(fs, f"{at}/{name}") for name in ("a", "empty", "none")]
    assert known == [True, True, False]


def test_s3_is_asked_once_for_each_state_file(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bucket.url.removeprefix("s3://")
    target = RemoteTarget(bucket.fs, f"{path}/root", bucket.url, {})
    target.write_state("a.json", b"{}")
    target.write_state("empty", b"")
    asked: list[str] = []
    call = type(bucket.fs)._call_s3

    async def noting(fs: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(method)
        return await call(fs, method, *args, **kwargs)

    monkeypatch.setattr(type(bucket.fs), "_call_s3", noting)
    bucket.fs.invalidate_cache()

    states = [target.read_state(name) for name in ("a.json", "empty", "none")]
    target.remove_state("none")

    assert states == [b"{}", b"", None]
    assert asked == ["get_object"] * 4

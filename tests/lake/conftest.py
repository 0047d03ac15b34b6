"""A lake on each kind of file system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from spreports.lake import reading
from tests.lake.lakes import Lakeside
from tests.load.conftest import bucket, memory
from tests.load.lake import Bucket

__all__ = ["bucket", "memory"]


@pytest.fixture(params=["local", "memory", "s3"])
def lakeside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lakeside]:
    """An empty place for a lake, local, in memory, and at an S3 server."""
    if request.param == "local":
        yield Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))
    elif request.param == "memory":
        fs = request.getfixturevalue("memory")
        yield Lakeside("memory://shore/lake", {}, fs)
    else:
        found: Bucket = request.getfixturevalue("bucket")
        yield Lakeside(f"s3://{found.name}/lake", found.options, found.fs)


@pytest.fixture
def shore(tmp_path: Path) -> Lakeside:
    """An empty place for a lake on the disk."""
    return Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))


@pytest.fixture(scope="module", params=["as small files", "as large ones"])
def kind_of_reading(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read files of a few rows as such, and as files of many are read."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "as large ones":
            patched.setattr(reading, "SMALL_FILE", 1)
        yield

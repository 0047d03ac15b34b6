"""Markers that lack files are taken away; what of them is whole stays, once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports.lake.missing import take_away_missing
from spreports.lake.place import Place
from tests.lake.lakes import ORDERS, Lakeside, orders

REPOSITORY = Path(__file__).parents[2]
BY = ["sku"]
REPORTS = [str(number) for number in range(4)]

# Killed before and after each step, each time on a copy of its own
CHILD = """
import os, shutil, signal, sys
from spreports.lake.missing import take_away_missing
from spreports.lake.place import Place
from spreports.load import local

source, copies, root, *reports = sys.argv[1:]
STEPS = ("put", "drop", "settle", "keep", "write_state", "remove_state")

def counting(dies_at):
    passed = 0

    def at():
        nonlocal passed
        passed += 1
        if passed == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in STEPS:
        def step(*args, work=getattr(local.LocalTarget, name)):
            at()
            result = work(*args)
            at()
            return result

        setattr(local.LocalTarget, name, step)

for number in range(1, 500):
    lake = f"{copies}/{number}"
    shutil.copytree(source, lake)
    if (child := os.fork()) == 0:
        counting(number)
        take_away_missing(Place.open(f"{lake}/{root}"), reports)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def shown(lake: Lakeside) -> list[str]:
    found = lake.scan(latest=True).select("amazon-order-id").collect()
    return sorted(found["amazon-order-id"])


def named(*days: int) -> list[str]:
    """The orders of some days."""
    return sorted(
        name for day in days for name in orders(day)["amazon-order-id"].to_pylist()
    )


def lacking(lake: Lakeside) -> None:
    """Four days: of one a file is gone, of two whose rows lie together one day's."""
    lake.put("0", orders(0), day=0, partition_by=BY)
    lake.put("1", orders(1, rows=2), day=1, partition_by=BY)
    lake.put("2", orders(2), day=2, partition_by=BY)
    spr.Lake(lake.url, storage_options=lake.options).compact()
    lake.put("3", orders(3), day=3, partition_by=BY)
    lake.put("4", orders(4), day=4, partition_by=BY)
    # Of the sku 002 the report 1 has no row
    names = lake.data_files()
    lake.remove(next(n for n in names if "sku=002" in n and "compact-" in n))
    lake.remove(next(n for n in names if "sku=000" in n and "/3-" in n))


def root_of(lake: Lakeside) -> Place:
    return Place.open(f"{lake.url}/{ORDERS}", lake.options)


@pytest.mark.slow
def test_what_is_whole_of_what_lacks_files_is_read_again(lakeside: Lakeside) -> None:
    lacking(lakeside)

    take_away_missing(root_of(lakeside), REPORTS)

    assert shown(lakeside) == sorted(
        [*named(4), *orders(1, rows=2)["amazon-order-id"].to_pylist()]
    )
    lake = spr.Lake(lakeside.url, storage_options=lakeside.options)
    assert lake.check().problems == ()
    lakeside.put("0", orders(0), day=0, partition_by=BY)
    lakeside.put("2", orders(2), day=2, partition_by=BY)
    lakeside.put("3", orders(3), day=3, partition_by=BY)
    assert len(shown(lakeside)) == 6 * 4 + 2
    assert lake.check().problems == ()


def test_what_lacks_nothing_stays_as_it_is(shore: Lakeside) -> None:
    lacking(shore)
    before = shore.files()

    take_away_missing(root_of(shore), ["4"])

    assert shore.files() == before


@pytest.mark.slow
def test_killed_at_any_step_no_row_is_there_twice_and_the_next_run_ends_it(
    shore: Lakeside, tmp_path: Path
) -> None:
    lacking(shore)
    copies = tmp_path / "copies"
    command = [sys.executable, "-c", CHILD, shore.url, str(copies), ORDERS, *REPORTS]
    subprocess.run(command, cwd=REPOSITORY, check=True)  # noqa: S603 - our own script
    rest = sorted([*named(4), *orders(1, rows=2)["amazon-order-id"].to_pylist()])
    killed = sorted(copies.iterdir())
    assert len(killed) > 40

    for copy in killed:
        lake = Lakeside(str(copy), {}, shore.fs)
        try:
            assert shown(lake) == rest
        except (spr.SinkError, pl.exceptions.ComputeError) as exc:
            assert "refill=True" in str(exc)  # noqa: PT017 - or it is whole
        take_away_missing(root_of(lake), REPORTS)
        assert shown(lake) == rest
        for day in (0, 2, 3):
            lake.put(str(day), orders(day), day=day, partition_by=BY)
        assert len(shown(lake)) == len(set(shown(lake))) == 6 * 4 + 2
        spr.Lake(lake.url).compact()
        assert len(shown(lake)) == 6 * 4 + 2
        found = spr.Lake(lake.url).check().problems
        assert [each for each in found if each.kind != "leftover"] == []
        shutil.rmtree(copy)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_report_whose_files_are_gone_is_written_anew_when_it_is_sunk_again(
    shore: Lakeside, compacted: bool
) -> None:
    shore.put("0", orders(0), day=0)
    shore.put("1", orders(1), day=1)
    if compacted:
        spr.Lake(shore.url).compact()
    shutil.rmtree(Path(shore.url, ORDERS))

    if compacted:
        take_away_missing(root_of(shore), ["0"])
    shore.put("0", orders(0), day=0)
    shore.put("1", orders(1), day=1)

    assert shown(shore) == named(0, 1)

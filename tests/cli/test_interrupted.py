"""Ctrl-C: what takes the work up again is told where it is so, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

from spreports.cli import main, simulate
from spreports.client.client import Client
from spreports.reports.reports import Reports
from spreports.simulator import Simulator


def pressed(*_: Any, **__: Any) -> NoReturn:
    raise KeyboardInterrupt


def said_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 130
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (["orders", "--start", "2026-10-01", "--end", "2026-10-03"], ""),
        (["GET_SALES_AND_TRAFFIC_REPORT", "--start", "2026-10-01T00:00Z"], ""),
        (["orders", "--start", "2026-10-01", "--end", "2026-10-03", "--new"], "new"),
    ],
)
def test_what_is_asked_for_is_taken_up_by_its_dates_and_without_new(
    environment: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    how: str,
) -> None:
    monkeypatch.setattr(Reports, "sink", pressed)
    monkeypatch.setattr(Reports, "outcomes", pressed)
    end = "2026-10-03" if "--end" in words else f"{environment.clock.now():%Y-%m-%d}"
    told = f"--start 2026-10-01T00:00:00Z --end {end}T00:00:00Z"

    loading = said_of(capsys, "load", *words, "-m", "DE", "--to", "lake", "--json")
    creating = said_of(capsys, "reports", "create", *words, "-m", "DE")

    without = " and without --new" if how else ""
    assert (
        loading
        == creating
        == f"interrupted; the same command with {told}{without} takes it up again"
    )


def test_a_type_without_dates_is_taken_up_by_the_same_command(
    environment: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Reports, "sink", pressed)

    said = said_of(capsys, "load", "listings", "-m", "DE", "--to", "lake")

    assert said == "interrupted; the same command takes it up again"


def test_what_ends_with_the_command_is_not_said_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(
        'to = "lake"\n[[feed]]\nreport_type = "orders"\nmarketplaces = ["DE"]\n'
    )
    monkeypatch.setattr(Reports, "sink", pressed)
    monkeypatch.setattr(Client, "sync", pressed)
    monkeypatch.setattr(simulate, "read_input", pressed)

    load = ["load", "orders", "--start", "3d", "-m", "DE", "--to", "lake"]
    for words in (
        [*load, "--simulator"],
        ["sync", str(feeds), "--simulator"],
        ["simulate", "--faults", "faults.json"],
    ):
        assert said_of(capsys, *words) == "interrupted"

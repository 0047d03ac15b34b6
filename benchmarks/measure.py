"""Run commands in turn, each a whole process, and compare what the kernel counted."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the runs of one command.

    Attributes
    ----------
    name : str
    wall, cpu : float, seconds
    peak : float, MiB
        Largest resident set of the process.
    """

    name: str
    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str]) -> tuple[float, float, float]:
    """Run one command; return wall seconds, CPU seconds and peak MiB."""
    launcher = Path(__file__).with_name("launcher.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(launcher), *command],
        stdout=subprocess.PIPE,
        # What is installed has its bytecode: compiling source is nobody's work
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    figures = json.loads(done.stdout)
    return figures["wall"], figures["cpu"], figures["peak"]


def compare(
    commands: Mapping[str, Sequence[str]],
    runs: int,
    fresh: Mapping[str, Path] | None = None,
) -> list[Figures]:
    """Run the commands in turn, `runs` times; return the medians.

    Parameters
    ----------
    commands : mapping of str to sequence of str
    runs : int
    fresh : mapping of str to Path, optional
        The folder that a command writes to: deleted before each of its runs.

    Returns
    -------
    list of Figures
        In the order of `commands`.
    """
    targets = fresh or {}
    seen: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            if name in targets:
                shutil.rmtree(targets[name], ignore_errors=True)
            seen[name].append(run(command))
    return [
        Figures(
            name, *(statistics.median(column) for column in zip(*rows, strict=True))
        )
        for name, rows in seen.items()
    ]


def show(title: str, figures: Sequence[Figures]) -> None:
    """Print a table of figures and their ratios to the last one, the peer."""
    peer = figures[-1]
    print(f"\n{title}")
    print(f"{'':28}{'wall s':>8}{'cpu s':>8}{'MiB':>8}{'wall':>8}{'cpu':>8}{'peak':>8}")
    for f in figures:
        print(
            f"{f.name:28}{f.wall:8.2f}{f.cpu:8.2f}{f.peak:8.0f}"
            f"{f.wall / peer.wall:8.2f}{f.cpu / peer.cpu:8.2f}{f.peak / peer.peak:8.2f}"
        )
    print(json.dumps({"title": title, "figures": [asdict(f) for f in figures]}))

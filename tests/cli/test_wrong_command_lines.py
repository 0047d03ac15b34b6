"""Command lines that cannot be: a sentence, an exit code, and nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from spreports.cli import main
from spreports.simulator import Simulator


@pytest.mark.parametrize(
    ("folders", "code"), [("sku,sku", 2), ("sku:day", 1), ("sku:week", 1)]
)
def test_folders_that_no_report_could_have_cost_a_load_nothing(
    environment: Simulator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    folders: str,
    code: int,
) -> None:
    words = ["load", "orders", "--start", "3d", "-m", "DE", "--to", str(tmp_path)]

    assert main([*words, "--partition-by", folders]) == code

    assert "cannot partition by" in capsys.readouterr().err
    assert environment.requests == []

"""Where no Delta table can lie, and what the system says of one that it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

import spreports as spr
from spreports.load.delta import sink_delta
from tests.load.delta_writer import report


@pytest.mark.skipif(os.name != "posix", reason="other characters stand in paths")
@pytest.mark.parametrize("letter", ["[", "]", "^", "|", "\\"])
def test_a_path_that_delta_lake_cannot_name_is_an_error_that_says_so(
    letter: str, tmp_path: Path
) -> None:
    folder = tmp_path / f"la{letter}ke"

    with pytest.raises(spr.SinkError, match=r"at a local path with .* in it: choose"):
        sink_delta([report("1", [1])], folder)

    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_looked_at_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a|b").mkdir()
    monkeypatch.chdir(tmp_path / "a|b")

    with pytest.raises(spr.SinkError, match=r"at a local path with \| in it"):
        sink_delta([report("1", [1])], "lake")


def test_what_the_system_refuses_is_told_in_its_words_and_without_the_value(
    tmp_path: Path,
) -> None:
    value = "s" * 300
    rows = report("1", [1], sku=pa.array([value]))

    with pytest.raises(spr.SinkError, match="File name too long") as caught:
        sink_delta([rows], tmp_path / "lake", partition_by=["sku"])

    assert value not in str(caught.value)

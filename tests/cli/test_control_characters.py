"""What others have written does not reach the terminal as commands to it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from spreports.cli import main

CLEAR, TITLE, C1, BIDI = "\x1b[2J", "\x1b]0;pwn\x07", "\x9b31m", "\u202e"


def untamed(text: str) -> set[str]:
    return {c for c in text if not c.isprintable()} - {"\n"}


def test_cells_and_headers_are_shown_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.txt"
    file.write_text(f"sku\tname{CLEAR}\nA\tx{TITLE}y{C1}{BIDI}商品\n", encoding="utf-8")

    assert main(["show", str(file)]) == 0

    shown = capsys.readouterr().out
    assert untamed(shown) == set()
    assert "name" in shown
    assert "商品" in shown
    assert shown.count("\n") > 4

    assert main(["show", str(file), "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row[f"name{CLEAR}"] == f"x{TITLE}y{C1}{BIDI}商品"


@pytest.mark.parametrize("words", [["show"], ["lake", "reports"]])
def test_a_file_name_in_an_error_has_no_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main([*words, str(tmp_path / f"no{CLEAR}{TITLE}{C1}file.txt")]) == 1

    told = capsys.readouterr().err
    assert untamed(told) == set()
    assert told.startswith("spreports: ")
    assert "file.txt" in told


def test_a_byte_of_a_name_that_is_no_utf_8_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = io.BytesIO()
    stderr = io.TextIOWrapper(told, "utf-8", errors="backslashreplace")  # as Python's
    monkeypatch.setattr(sys, "stderr", stderr)

    assert main(["sync", f"{tmp_path}/no\udce4.toml"]) == 2

    stderr.flush()
    assert b"no\\udce4.toml cannot be read" in told.getvalue()

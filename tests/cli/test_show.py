"""`spreports show` of what it cannot read: in the words of the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

from spreports.cli import main

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_a_charset_that_was_said_is_called_wrong_and_not_asked_for(
    charset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(SAMPLES / "listings_JP.txt"), "--encoding", charset]) == 1

    said = capsys.readouterr().err
    assert f"(--encoding '{charset}' is wrong for it: leave it out, or" in said
    assert "pass encoding" not in said


def test_a_table_without_a_type_asks_for_the_type(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["show", str(SAMPLES / "settlement_DE.txt"), "--table", "summary"]

    assert main(words) == 2
    assert "there is no table 'summary': give --type" in capsys.readouterr().err
    assert main([*words, "--type", "settlement"]) == 0


@pytest.mark.parametrize("broken", [(MemoryFileSystem, "ukey"), (MemoryFile, "read")])
@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [
        (ConnectionResetError(104, "reset"), 5, "DownloadError: .* run the same again"),
        (PermissionError(13, "no"), 1, "DocumentError: .* check the path, the storage"),
    ],
    ids=["outage", "refusal"],
)
def test_an_outage_of_a_file_system_is_told_and_a_scheduler_may_run_it_again(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    broken: tuple[type, str],
    error: Exception,
    code: int,
    advice: str,
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    fsspec.filesystem("memory").pipe_file("/of-an-outage.txt", b"sku\nA\n")
    monkeypatch.setattr(*broken, fail)

    assert main(["show", "memory://of-an-outage.txt", "--type", "orders"]) == code
    assert re.search(advice, capsys.readouterr().err)

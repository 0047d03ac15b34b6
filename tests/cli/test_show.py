"""`spreports show` of what it cannot read: in the words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

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

"""`spreports lake`: data on stdout, exit codes for cron."""

from __future__ import annotations

import json

import pytest

import spreports as spr
from spreports.cli import main
from tests.lake.lakes import Lakeside, orders
from tests.lake.test_care import personal


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_check_says_what_is_wrong_and_fails(
    shore: Lakeside, capsys: pytest.CaptureFixture[str]
) -> None:
    shore.put("1", orders(0), day=0)
    assert main(["lake", "check", shore.url, "--deep", "--json"]) == 0
    assert told(capsys)["ok"] is True

    shore.remove(shore.data_files()[0])

    assert main(["lake", "check", shore.url, "--json"]) == 1
    found = told(capsys)
    assert found["ok"] is False
    assert "missing" in str(found["problems"])
    assert main(["lake", "check", shore.url, "--type", "orders"]) == 1
    assert "missing" in capsys.readouterr().out


def test_reports_compact_and_purge(
    shore: Lakeside, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in range(3):
        shore.put(str(day), orders(day), day=day)

    assert main(["lake", "reports", shore.url, "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["report_id"] for line in lines] == ["0", "1", "2"]
    assert main(["lake", "compact", shore.url]) == 0
    assert told(capsys)["files_after"] == 1
    dry = ["lake", "purge", shore.url, "--before", "2026-10-02", "--dry-run"]
    assert main(dry) == 0
    assert told(capsys)["rows"] == 6
    assert main(dry[:-1]) == 0
    assert told(capsys)["reports"] == [
        {"report_id": "0", "report_document_id": "document-of-0"}
    ]
    assert shore.scan().collect().height == 12


def test_columns_are_dropped_or_hashed_with_a_key_of_the_environment(
    shore: Lakeside,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shore.put("1", personal(), day=0)
    purge = ["lake", "purge", shore.url, "--columns", "buyer-email"]

    assert main(purge) == 2
    assert main([*purge, "--hash"]) == 2
    assert "SPREPORTS_HASH_KEY" in capsys.readouterr().err
    monkeypatch.setenv("SPREPORTS_HASH_KEY", "a key of sixteen or more bytes")
    assert main([*purge, "--hash"]) == 0
    assert told(capsys) == {"reports": 1, "files": 1}
    assert main([*purge, "--drop"]) == 0
    assert shore.scan().collect().columns == ["quantity"]


def test_no_lake_is_a_failure(
    shore: Lakeside, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lake", "check", shore.url]) == 1
    assert "is no lake" in capsys.readouterr().err


def test_the_help_of_a_compaction_says_that_a_sync_may_write_meanwhile(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    with pytest.raises(SystemExit):
        main(["lake", "--help"])

    assert "a sync may write meanwhile" in capsys.readouterr().out
    assert "a sync may write meanwhile" in " ".join(
        str(spr.Lake.compact.__doc__).split()
    )

"""Commands: data on stdout, words on stderr, exit codes that a script can read."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import spreports as spr
from spreports.cli import main
from spreports.cli.main import parser
from spreports.simulator import Simulator
from tests.clocks import ManualClock

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_types_are_found_by_a_part_of_their_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["types", "settle", "--json"]) == 0

    found = json_lines(capsys.readouterr().out)
    assert "settlement" in {row["alias"] for row in found}


@pytest.mark.parametrize(
    ("pattern", "aliases"),
    [
        ("SETTLEMENT", {"settlement"}),
        ("ledger*", {"ledger", "ledger_detail"}),
        ("get_xml_browse_*", {"browse_tree"}),
        ("search_?erms", {"search_terms"}),
    ],
)
def test_types_are_found_by_a_part_or_a_pattern(
    pattern: str, aliases: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["types", pattern, "--json"]) == 0

    shown = capsys.readouterr()
    assert {row["alias"] for row in json_lines(shown.out)} == aliases


def test_types_that_amazon_has_given_up_are_said_to_be_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["types", "settlement"]) == 0
    assert "3 that Amazon has given up are left out: --all" in capsys.readouterr().err

    assert main(["types", "settlement", "--all", "--json"]) == 0
    shown = capsys.readouterr()
    assert len(json_lines(shown.out)) == 4
    assert shown.err == ""


def test_no_such_type_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["types", "no such thing"]) == 3

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no report type matches" in shown.err


def test_describe_says_columns_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "orders"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith("type ")
    assert "amazon-order-id" in shown
    assert "30 days" in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("search_terms", "whole periods of the length that reportPeriod names"),
        ("search_terms", "DAY or WEEK or MONTH or QUARTER; required"),
        ("epr_monthly", "whole periods of a MONTH"),
        ("vendor_forecast", "none: the request takes no dates"),
        ("vendor_sales", "up to 3 days after the period"),
        ("ledger", "required"),
        ("sales_and_traffic", "one in 0:15:00 (h:mm:ss) at most"),
        ("vendor_margin", "at most 1460 days or 8 WEEK or 36 MONTH"),
        ("settlement", "no: see spreports reports list"),
        ("settlement", "table summary: 6 columns"),
        ("listings", "of other languages or spellings are known too"),
        ("feedback", "by-marketplace"),
        ("GET_NEW_REPORT", "the bytes decide"),
    ],
)
def test_describe_says_what_a_request_has_to_keep_to(
    name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", name]) == 0

    assert said in capsys.readouterr().out


def test_describe_of_a_mistyped_alias_is_exit_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["describe", "ordes"]) == 2

    assert "orders" in capsys.readouterr().err


def test_plan_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "orders", "--start", "90d", "-m", "DE,FR", "--simulator", "--json"]

    assert main(words) == 0

    (plan,) = json_lines(capsys.readouterr().out)
    assert plan["reports"] == 3
    assert plan["bottleneck"] == "getReportDocument"


def test_load_writes_a_lake_and_says_what(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "lake" / "orders"
    words = ["load", "orders", "--start", "30d", "-m", "DE", "--to", str(target)]

    assert main([*words, "--partition-by", "sales-channel"]) == 0

    said = capsys.readouterr()
    (result,) = json_lines(said.out)
    assert result["rows"] == 200
    assert "up to now is another window at each run" in said.err
    assert pl.scan_parquet(f"{target}/**/*.parquet").collect().height == 200


def test_load_reads_documents_in_the_charset_that_it_is_told(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["load", "listings", "-m", "JP", "--to"]

    assert main([*words, str(tmp_path / "wrong"), "--encoding", "euc_jp"]) == 1
    assert "--encoding 'euc_jp' is wrong for it" in capsys.readouterr().err
    assert not [*tmp_path.rglob("*.parquet")]
    assert main([*words, str(tmp_path / "said"), "--encoding", "cp932"]) == 0
    assert main([*words, str(tmp_path / "sniffed")]) == 0

    said, sniffed = (
        pl.scan_parquet(f"{tmp_path}/{name}/**/*.parquet").collect()
        for name in ("said", "sniffed")
    )
    assert said.height > 0
    assert said.equals(sniffed)


@pytest.mark.slow
def test_load_names_the_tables_that_it_leaves_out_and_writes_the_one_asked_for(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["load", "sales_and_traffic", "--start", "1d", "-m", "DE", "--to"]

    assert main([*words, str(tmp_path / "dates"), "--json"]) == 0
    shown = capsys.readouterr()
    assert len(json_lines(shown.out)) == 1
    (said,) = [line for line in shown.err.splitlines() if "left out" in line]
    assert "salesAndTrafficByAsin" in said
    assert "--table" in said

    to = str(tmp_path / "asins")
    assert main([*words, to, "--table", "salesAndTrafficByAsin"]) == 0
    assert "left out" not in capsys.readouterr().err
    assert "parentAsin" in pl.scan_parquet(f"{to}/**/*.parquet").collect_schema()
    assert main([*words[:1], "orders", *words[2:], to, "--table", "nonsense"]) == 2


@pytest.mark.slow
def test_a_document_that_is_written_names_the_tables_left_out(
    environment: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = ["sales_and_traffic", "--start", "1d", "-m", "DE"]
    main(["reports", "create", *request, "--json"])
    (report,) = json_lines(capsys.readouterr().out)
    words = ["document", str(report["report_document_id"]), "--type", request[0]]

    assert main([*words, "--to", str(tmp_path / "dates")]) == 0
    said = capsys.readouterr().err
    assert "tables salesAndTrafficByDate, salesAndTrafficByAsin: one is written" in said
    assert main([*words, "-n", "1"]) == 0
    assert "left out" not in capsys.readouterr().err


def test_show_reads_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["show", str(SAMPLES / "listings_JP.txt"), "--type", "listings"]

    assert main([*words, "-n", "2", "--json"]) == 0

    rows = json_lines(capsys.readouterr().out)
    assert len(rows) == 2
    assert "商品名" in rows[0]
    assert main([*words, "-n", "0", "--json"]) == 0
    assert json_lines(capsys.readouterr().out) == []


def test_show_of_nothing_is_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(tmp_path / "nothing.txt"), "--type", "orders"]) == 1

    assert "nothing.txt" in capsys.readouterr().err


def test_reports_are_created_listed_and_looked_at(
    environment: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reports", "create", "listings", "-m", "US", "--json"]) == 0
    (created,) = json_lines(capsys.readouterr().out)
    assert main(["reports", "list", "listings", "--json"]) == 0
    (listed,) = json_lines(capsys.readouterr().out)
    assert main(["reports", "get", str(created["report_id"]), "--json"]) == 0
    (got,) = json_lines(capsys.readouterr().out)

    assert created["report_id"] == listed["report_id"] == got["report_id"]
    assert got["processing_status"] == "DONE"
    document_id = str(got["report_document_id"])
    assert (
        main(["document", document_id, "--type", "listings", "--json", "-n", "1"]) == 0
    )
    (row,) = json_lines(capsys.readouterr().out)
    assert "seller-sku" in row


def test_schedules_are_created_listed_and_cancelled(
    environment: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["schedules", "create", "orders_shipping", "-m", "DE", "--period", "P1D"]
    assert main(words) == 0
    (made,) = json_lines(capsys.readouterr().out)
    assert main(["schedules", "list", "orders_shipping", "--json"]) == 0
    (listed,) = json_lines(capsys.readouterr().out)
    schedule_id = str(made["reportScheduleId"])
    assert listed["report_schedule_id"] == schedule_id
    assert main(["schedules", "get", schedule_id]) == 0
    assert main(["schedules", "cancel", schedule_id]) == 0
    capsys.readouterr()

    assert main(["schedules", "list", "orders_shipping"]) == 3


def test_a_report_that_is_not_there_is_exit_1(
    environment: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reports", "get", "999"]) == 1

    assert "NotFoundError" in capsys.readouterr().err


def test_no_credentials_is_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reports", "get", "1"]) == 4

    assert "SP_API_REFRESH_TOKEN" in capsys.readouterr().err


def test_nobody_there_is_exit_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setattr("spreports.client.client.SystemClock", ManualClock)
    nobody = "http://127.0.0.1:9"

    words = ["--endpoint", nobody, "--token-url", f"{nobody}/token"]
    assert main(["reports", "get", "1", *words]) == 5

    assert "TransportError" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])

    assert caught.value.code == 0
    assert capsys.readouterr().out == f"spreports {spr.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [[], ["nonsense"], ["load", "orders"], ["load", "orders", "-m", ",", "--to", "x"]],
)
def test_a_wrong_command_line_is_exit_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2


def flags_of(command: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the flags of a command and of those below it."""
    for action in command._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from flags_of(below)


SECRET = {"credentials", "key", "password", "refresh", "secret", "secrets", "token"}


def test_no_flag_takes_a_secret() -> None:
    flags = set(flags_of(parser()))

    assert {"--traceback", "--profile", "--hash", "--token-url"} <= flags
    words = {flag: set(flag.strip("-").split("-")) for flag in flags - {"--token-url"}}
    assert [flag for flag, said in words.items() if said & SECRET] == []


def test_the_demo_does_the_main_job(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["demo", "--json"]) == 0

    shown = capsys.readouterr()
    sales = json_lines(shown.out)
    assert {row["sales-channel"] for row in sales} == {"Amazon.de", "Amazon.fr"}
    assert "bottleneck" in shown.err
    assert list((tmp_path / "lake" / "demo" / "orders").rglob("*.parquet"))
    assert [path.name for path in (tmp_path / "lake").iterdir()] == ["demo"]


@pytest.mark.slow
def test_the_simulator_serves_other_programs_until_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spreports", "simulate", "--speed", "600"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    assert server.stdout is not None
    exports = dict(
        server.stdout.readline().removeprefix("export ").strip().split("=", 1)
        for _ in range(5)
    )

    done = subprocess.run(
        [sys.executable, "-m", "spreports", "reports", "list", "settlement", "--json"],
        env={**os.environ, **exports, "SPREPORTS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    server.send_signal(signal.SIGINT)
    code = server.wait(600)
    server.stdout.close()

    assert done.returncode == 0, done.stderr
    assert len(json_lines(done.stdout)) == 2
    assert code == 0


def test_a_fault_script_that_is_none_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "faults.json"
    script.write_text('[{"operation": "getReport", "kind": "nonsense"}]')

    assert main(["simulate", "--faults", str(script)]) == 2

    assert "fault 1" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["table", "json"])
def test_a_terminal_in_ascii_is_shown_what_it_lacks_and_json_is_utf_8(
    as_json: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "orders.txt"
    document.write_text("sku\tname\nA1\t本 😀\n", encoding="utf-8")
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", shown)

    assert main(["show", str(document), *as_json]) == 0

    text = shown.buffer.getvalue().decode()
    if as_json:
        assert json.loads(text) == {"sku": "A1", "name": "本 😀"}
    else:
        assert r"\u672c \U0001f600" in text


def test_a_restricted_document_is_said_to_need_its_type(
    environment: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    with environment.client() as client:
        asked = client.reports("orders_shipping", marketplaces=["US"], start="7d")
        (document_id,) = (str(report.report_document_id) for report in asked)

    assert main(["document", document_id, "--region", "na"]) == 4

    told = capsys.readouterr().err
    assert "it then needs --type)" in told
    assert "client." not in told


def test_a_file_whose_rows_lack_cells_is_said_to_need_its_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "saved.txt"
    file.write_text("a\tb\tc\n1\t2\n")

    assert main(["show", str(file)]) == 1

    assert (
        "(give --type and it may be read: rows of some types" in capsys.readouterr().err
    )


def test_load_says_what_becomes_of_a_cell_that_does_not_fit(
    environment: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = spr.Reports.sink
    told: list[str] = []

    def sink(reports: spr.Reports, url: str, **how: Any) -> spr.SinkResult:
        told.append(how["on_bad_value"])
        return real(reports, url, **how)

    monkeypatch.setattr(spr.Reports, "sink", sink)
    dates = ["--start", "2026-10-01", "--end", "2026-10-02"]
    load = ["load", "orders", *dates, "-m", "DE", "--to", str(tmp_path / "lake")]

    assert main([*load, "--on-bad-value", "rescue"]) == 0
    assert main(load) == 0
    assert "another window" not in capsys.readouterr().err

    assert told == ["rescue", "raise"]


def test_doctor_says_what_to_do_in_flags(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SPREPORTS_PROFILE", raising=False)

    for words in (["doctor", "--offline"], ["doctor", "--offline", "--json"]):
        assert main(words) == 4
        said = capsys.readouterr().out
        assert "--profile" in said
        assert "--simulator" in said
        assert "credentials=" not in said

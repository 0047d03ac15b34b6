"""``reports``: list, create, look at and cancel reports, one call each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from spreports.cli.again import note_dates
from spreports.cli.arguments import (
    add_connection,
    add_json,
    add_request,
    described,
    open_client,
    whole_number,
)
from spreports.cli.exits import DONE, NO_DATA, outcome_code
from spreports.cli.output import plain, say, write_json, write_rows
from spreports.cli.progress import shown

if TYPE_CHECKING:
    from spreports import Outcome, Report

COLUMNS = (
    "report_id",
    "report_type",
    "processing_status",
    "created_time",
    "data_start_time",
    "data_end_time",
    "report_document_id",
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    group = commands.add_parser(
        "reports", help="list, create, get, explain, cancel reports"
    )
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="reports at Amazon, newest first")
    listing.add_argument("report_types", nargs="+", metavar="TYPE")
    listing.add_argument("--status", action="append", metavar="DONE", help="repeatable")
    listing.add_argument("-n", "--most", type=whole_number(1), default=100)
    listing.set_defaults(run=list_command)
    create = actions.add_parser("create", help="create reports and wait for them")
    add_request(create)
    create.set_defaults(run=create_command)
    get = actions.add_parser("get", help="one report")
    get.add_argument("report_id")
    get.set_defaults(run=get_command)
    outcome = actions.add_parser("outcome", help="what became of one report, and why")
    outcome.add_argument("report_id")
    outcome.set_defaults(run=outcome_command)
    cancel = actions.add_parser("cancel", help="cancel a report that is IN_QUEUE")
    cancel.add_argument("report_id")
    cancel.set_defaults(run=cancel_command)
    for action in (listing, create, get, outcome, cancel):
        add_connection(action)
        add_json(action)


def list_command(arguments: argparse.Namespace) -> int:
    """List reports."""
    from spreports import report_type  # noqa: PLC0415 - heavy

    types = [report_type(name).report_type for name in arguments.report_types]
    with open_client(arguments) as client:
        found = client.api.iter_reports(
            report_types=types, processing_statuses=arguments.status
        )
        most = islice(found, arguments.most)
        count = write_rows(most, COLUMNS, as_json=arguments.json)
    if not count:
        say("no such reports in the last 90 days")
    return DONE if count else NO_DATA


def create_command(arguments: argparse.Namespace) -> int:
    """Create reports, wait, and say what became of each."""
    with open_client(arguments) as client, shown() as on_progress:
        reports = described(client, arguments)
        note_dates(arguments, reports)
        outcomes = reports.outcomes(on_progress=on_progress)
    if arguments.json:
        for outcome in outcomes:
            report = outcome.report
            write_json({**(_row(report)), "outcome": outcome.to_dict()})
    else:
        rows = [{**_row(o.report), "outcome": str(o.kind)} for o in outcomes]
        write_rows(rows, (*COLUMNS, "outcome"), as_json=False)
    _say_what_to_do(outcomes)
    return outcome_code(outcomes)


def outcome_command(arguments: argparse.Namespace) -> int:
    """Say what became of one report, on what evidence, and what to do."""
    with open_client(arguments) as client:
        outcome = client.outcome(arguments.report_id)
    if arguments.json:
        write_json(outcome.to_dict())
    else:
        evidence = [{"": k, " ": v} for k, v in outcome.evidence.items()]
        told = [
            {"": "outcome", " ": str(outcome.kind)},
            {"": "certain", " ": "no, inferred" if outcome.heuristic else "yes"},
            *evidence,
            {"": "next", " ": outcome.next_step},
            {"": "to do", " ": outcome.advice},
        ]
        write_rows(told, ("", " "), as_json=False)
    return outcome_code([outcome])


def _row(report: Report | None) -> dict[str, object]:
    """Return a report's columns; empty where createReport was refused."""
    row = plain(report) if report is not None else {}
    return row if isinstance(row, dict) else {}


def _say_what_to_do(outcomes: Sequence[Outcome]) -> None:
    """Say on stderr what a person should know of reports that are not done."""
    for outcome in outcomes:
        if outcome.kind != "done":
            say(str(outcome))


def get_command(arguments: argparse.Namespace) -> int:
    """Show one report."""
    with open_client(arguments) as client:
        report = client.api.get_report(arguments.report_id)
    write_rows([report], COLUMNS, as_json=arguments.json)
    return DONE


def cancel_command(arguments: argparse.Namespace) -> int:
    """Cancel one report."""
    with open_client(arguments) as client:
        client.api.cancel_report(arguments.report_id)
    if arguments.json:
        write_json({"reportId": arguments.report_id, "cancelled": True})
    say(f"report {arguments.report_id} is cancelled")
    return DONE

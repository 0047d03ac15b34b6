"""``reports``: list, create, look at and cancel reports, one call each."""

from __future__ import annotations

import argparse
from itertools import islice

from spreports.cli.arguments import (
    add_connection,
    add_json,
    add_request,
    described,
    open_client,
)
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_json, write_rows
from spreports.cli.progress import shown

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
    group = commands.add_parser("reports", help="list, create, get, cancel reports")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="reports at Amazon, newest first")
    listing.add_argument("report_types", nargs="+", metavar="TYPE")
    listing.add_argument("--status", action="append", metavar="DONE", help="repeatable")
    listing.add_argument("-n", "--most", type=int, default=100)
    listing.set_defaults(run=list_command)
    create = actions.add_parser("create", help="create reports and wait for them")
    add_request(create)
    create.set_defaults(run=create_command)
    get = actions.add_parser("get", help="one report")
    get.add_argument("report_id")
    get.set_defaults(run=get_command)
    cancel = actions.add_parser("cancel", help="cancel a report that is IN_QUEUE")
    cancel.add_argument("report_id")
    cancel.set_defaults(run=cancel_command)
    for action in (listing, create, get, cancel):
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
    """Create reports, wait, and list them."""
    with open_client(arguments) as client, shown() as on_progress:
        reports = described(client, arguments).wait(on_progress=on_progress)
        write_rows(reports, COLUMNS, as_json=arguments.json)
    return DONE


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

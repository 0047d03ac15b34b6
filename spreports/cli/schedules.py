"""``schedules``: list, create, look at and cancel report schedules."""

from __future__ import annotations

import argparse

from spreports.cli.arguments import add_connection, add_json, names, open_client
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_json, write_rows

COLUMNS = (
    "report_schedule_id",
    "report_type",
    "marketplace_ids",
    "period",
    "next_report_creation_time",
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    group = commands.add_parser("schedules", help="list, create, get, cancel schedules")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="schedules of these types")
    listing.add_argument("report_types", nargs="+", metavar="TYPE")
    listing.set_defaults(run=list_command)
    create = actions.add_parser(
        "create", help="create one; replaces one of the same type and marketplaces"
    )
    create.add_argument("report_type", metavar="TYPE")
    create.add_argument("-m", "--marketplaces", required=True, type=names)
    create.add_argument("--period", required=True, help="such as P1D or PT4H")
    create.set_defaults(run=create_command)
    get = actions.add_parser("get", help="one schedule")
    get.add_argument("report_schedule_id")
    get.set_defaults(run=get_command)
    cancel = actions.add_parser("cancel", help="cancel one")
    cancel.add_argument("report_schedule_id")
    cancel.set_defaults(run=cancel_command)
    for action in (listing, create, get, cancel):
        add_connection(action)
        add_json(action)


def list_command(arguments: argparse.Namespace) -> int:
    """List schedules."""
    from spreports import report_type  # noqa: PLC0415 - heavy

    types = [report_type(name).report_type for name in arguments.report_types]
    with open_client(arguments) as client:
        found = client.api.get_report_schedules(report_types=types)
    count = write_rows(found, COLUMNS, as_json=arguments.json)
    if not count:
        say("no schedules of these types")
    return DONE if count else NO_DATA


def create_command(arguments: argparse.Namespace) -> int:
    """Create a schedule."""
    from spreports import marketplace, report_type  # noqa: PLC0415 - heavy

    ids = [marketplace(name).id for name in arguments.marketplaces]
    with open_client(arguments) as client:
        schedule_id = client.api.create_report_schedule(
            report_type=report_type(arguments.report_type).report_type,
            marketplace_ids=ids,
            period=arguments.period,
        )
    write_json({"reportScheduleId": schedule_id})
    return DONE


def get_command(arguments: argparse.Namespace) -> int:
    """Show one schedule."""
    with open_client(arguments) as client:
        schedule = client.api.get_report_schedule(arguments.report_schedule_id)
    write_rows([schedule], COLUMNS, as_json=arguments.json)
    return DONE


def cancel_command(arguments: argparse.Namespace) -> int:
    """Cancel one schedule."""
    schedule_id = arguments.report_schedule_id
    with open_client(arguments) as client:
        client.api.cancel_report_schedule(schedule_id)
    if arguments.json:
        write_json({"reportScheduleId": schedule_id, "cancelled": True})
    say(f"schedule {schedule_id} is cancelled")
    return DONE

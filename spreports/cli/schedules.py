"""``schedules``: list, plan, apply, cancel; and create and get, one call each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.cli.again import SAME_COMMAND
from spreports.cli.arguments import (
    add_connection,
    add_json,
    names,
    open_client,
    read_input,
)
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_json, write_rows, write_text

if TYPE_CHECKING:
    from spreports import ScheduleChanges

COLUMNS = (
    "report_schedule_id",
    "report_type",
    "marketplace_ids",
    "period",
    "next_report_creation_time",
)
FILE = """\
FILE is TOML, a table for each schedule that is wanted:

  [[schedule]]
  report_type = "sales_and_traffic"
  marketplaces = ["DE", "FR"]
  period = "P1D"
  next_report_creation_time = 2026-12-01T06:00:00Z    # optional: the beat
  options = { dateGranularity = "DAY" }               # optional

What is there already is kept, what differs is created anew (Amazon then cancels the
old one), and other schedules are left alone unless --cancel-others says so.
"""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    group = commands.add_parser(
        "schedules", help="report schedules: list, plan, apply, cancel"
    )
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="schedules in force")
    listing.add_argument(
        "report_types", nargs="*", metavar="TYPE", help="all types when left out"
    )
    listing.set_defaults(run=list_command)
    planning = _of_a_file(actions, "plan", "show what apply would change")
    planning.set_defaults(run=plan_command)
    applying = _of_a_file(actions, "apply", "make the schedules those of a file")
    applying.set_defaults(run=apply_command, again=SAME_COMMAND)
    cancel = actions.add_parser("cancel", help="cancel schedules by their ids")
    cancel.add_argument("report_schedule_ids", nargs="+", metavar="ID")
    cancel.set_defaults(run=cancel_command)
    create = actions.add_parser(
        "create",
        help="create one, unchecked; replaces one of the same type and marketplaces",
    )
    create.add_argument("report_type", metavar="TYPE")
    create.add_argument("-m", "--marketplaces", required=True, type=names)
    create.add_argument("--period", required=True, help="such as P1D or PT4H")
    create.set_defaults(run=create_command)
    get = actions.add_parser("get", help="one schedule")
    get.add_argument("report_schedule_id", metavar="ID")
    get.set_defaults(run=get_command)
    for action in (listing, planning, applying, cancel, create, get):
        add_connection(action)
        add_json(action)


def _of_a_file(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    """Add an action that reads the wanted schedules from a file."""
    action = actions.add_parser(
        name,
        help=text,
        description=f"{text.capitalize()}.",
        epilog=FILE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.add_argument("file", metavar="FILE", help="the wanted schedules, TOML")
    others = action.add_mutually_exclusive_group()
    others.add_argument(
        "--cancel-others",
        action="store_true",
        help="cancel all other schedules of the report types in FILE",
    )
    others.add_argument(
        "--cancel-others-of",
        type=names,
        metavar="TYPE,TYPE",
        help="cancel all other schedules of these report types",
    )
    action.add_argument(
        "--lenient", action="store_true", help="do not check against the catalogue"
    )
    return action


def list_command(arguments: argparse.Namespace) -> int:
    """List schedules."""
    with open_client(arguments) as client:
        found = client.schedules.list(arguments.report_types or None)
    count = write_rows(found, COLUMNS, as_json=arguments.json)
    if not count:
        say("no schedules of these types")
    return DONE if count else NO_DATA


def plan_command(arguments: argparse.Namespace) -> int:
    """Show what `apply` would change."""
    return _show(_applied(arguments, dry_run=True), as_json=arguments.json)


def apply_command(arguments: argparse.Namespace) -> int:
    """Make the schedules those of a file."""
    return _show(_applied(arguments, dry_run=False), as_json=arguments.json)


def _applied(arguments: argparse.Namespace, *, dry_run: bool) -> ScheduleChanges:
    from spreports import Schedule  # noqa: PLC0415 - heavy

    wanted = read_input(Schedule.from_toml, arguments.file)
    with open_client(arguments) as client:
        try:
            return client.schedules.apply(
                wanted,
                dry_run=dry_run,
                cancel_others=arguments.cancel_others_of or arguments.cancel_others,
                strict=not arguments.lenient,
            )
        except ValueError as exc:
            if not str(exc).startswith("schedule "):
                raise  # of --cancel-others-of
            raise ValueError(f"{Path(arguments.file).name}, {exc}") from exc


def _show(changes: ScheduleChanges, *, as_json: bool) -> int:
    """Write the changes: a table, or a JSON line for each."""
    if as_json:
        for change in changes:
            write_json(change.to_dict())
    elif changes:
        write_text(str(changes))
    if not changes:
        say("no schedule is wanted, and none is to be cancelled")
    return DONE if changes else NO_DATA


def cancel_command(arguments: argparse.Namespace) -> int:
    """Cancel schedules."""
    with open_client(arguments) as client:
        for schedule_id in arguments.report_schedule_ids:
            client.schedules.cancel(schedule_id)
            if arguments.json:
                write_json({"reportScheduleId": schedule_id, "cancelled": True})
            say(f"schedule {schedule_id} is cancelled")
    return DONE


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

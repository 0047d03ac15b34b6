"""``plan``: what a request, or a whole file of feeds, costs; asks nobody."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from spreports.cli.arguments import (
    UNNAMED,
    add_connection,
    add_json,
    add_request,
    described,
    lake_of,
    of_a_file,
    open_client,
    read_input,
    refuse_request,
)
from spreports.cli.exits import DONE
from spreports.cli.output import write_json, write_text

if TYPE_CHECKING:
    from spreports import Plan, Plans


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    plan = commands.add_parser("plan", help="say what it costs; asks nobody")
    add_request(plan, or_feeds=True)
    plan.add_argument(
        "--to", metavar="URL", help="with feeds: the lake, in place of the file's"
    )
    add_connection(plan)
    add_json(plan)
    plan.set_defaults(run=plan_command)


def plan_command(arguments: argparse.Namespace) -> int:
    """Say what a request or a file of feeds costs."""
    found: Plan | Plans
    if arguments.report_type.endswith(".toml"):
        found = _plans(arguments)
    elif arguments.to is not None:
        raise ValueError("--to goes with a file of feeds: a request has no lake")
    elif arguments.marketplaces is None:
        raise ValueError("plan of one request needs -m, such as -m DE,FR")
    else:
        with open_client(arguments) as client:
            found = described(client, arguments).plan()
    if arguments.json:
        write_json(found.to_dict())
    else:
        write_text(str(found))
    return DONE


def _plans(arguments: argparse.Namespace) -> Plans:
    """Return the plans of all accounts of a file of feeds."""
    from spreports import Plans, read_feeds  # noqa: PLC0415 - heavy

    refuse_request(arguments)
    path = arguments.report_type
    file = read_input(read_feeds, path)
    to = lake_of(arguments, file, path)
    plans: dict[str, Plan] = {}
    for profile, feeds in file.accounts.items():
        with (
            open_client(arguments, profile) as client,
            of_a_file(file, path, profile),
        ):
            due = client.sync(
                feeds,
                to,
                storage_options=dict(file.storage_options),
                format=file.format,
                dry_run=True,
            )
        plans[profile or UNNAMED] = due.plan.cost
    return Plans(plans)

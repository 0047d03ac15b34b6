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
    of_a_file,
    open_client,
    read_input,
    refuse_request,
)
from spreports.cli.exits import DONE
from spreports.cli.feeds_lake import add_lake, lake_flags, lake_of, lake_settings
from spreports.cli.output import write_json, write_text

if TYPE_CHECKING:
    from spreports import Plan, Plans


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    plan = commands.add_parser("plan", help="say what it costs; asks nobody")
    add_request(plan, or_feeds=True)
    add_lake(plan, "with feeds: ")
    add_connection(plan)
    add_json(plan)
    plan.set_defaults(run=plan_command)


def plan_command(arguments: argparse.Namespace) -> int:
    """Say what a request or a file of feeds costs."""
    found: Plan | Plans
    if arguments.report_type.endswith(".toml"):
        found = _plans(arguments)
    elif said := lake_flags(arguments):
        raise ValueError(f"{said[0]} goes with a file of feeds: a request has no lake")
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
                **lake_settings(arguments, file),
                dry_run=True,
            )
        plans[profile or UNNAMED] = due.plan.cost
    return Plans(plans)

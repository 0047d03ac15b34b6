"""``types`` and ``describe``: what is known of report types."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from spreports.cli.arguments import add_json
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_json, write_rows, write_text

if TYPE_CHECKING:
    from spreports import ReportType


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    types = commands.add_parser("types", help="list report types")
    types.add_argument("pattern", nargs="?", help="part of an alias, type or title")
    types.add_argument("--all", action="store_true", help="deprecated ones, too")
    add_json(types)
    types.set_defaults(run=types_command)
    describe = commands.add_parser("describe", help="say what is known of one type")
    describe.add_argument("report_type", metavar="TYPE", help="alias or full type")
    add_json(describe)
    describe.set_defaults(run=describe_command)


def types_command(arguments: argparse.Namespace) -> int:
    """List report types, one line each."""
    from spreports import report_types  # noqa: PLC0415 - heavy

    pattern = (arguments.pattern or "").lower()
    found = [
        row
        for row in report_types().iter_rows(named=True)
        if (arguments.all or not row["deprecated"])
        and pattern in f"{row['alias']} {row['report_type']} {row['title']}".lower()
    ]
    if not found:
        say(f"no report type matches {arguments.pattern!r}; try: spreports types")
        return NO_DATA
    columns = ("alias", "report_type", "format", "title")
    write_rows(found, columns, as_json=arguments.json)
    return DONE


def describe_command(arguments: argparse.Namespace) -> int:
    """Say what is known of one report type."""
    from spreports import report_type  # noqa: PLC0415 - heavy

    entry = report_type(arguments.report_type)
    if arguments.json:
        write_json(entry)
        return DONE
    rows = [{"": name, " ": value} for name, value in _facts(entry)]
    write_rows(rows, ("", " "), as_json=False)
    for table in entry.tables:
        write_text(f"\ntable {table.name}: {len(table.columns)} columns")
        write_rows(table.columns, ("name", "dtype", "note"), as_json=False)
    return DONE


def _facts(entry: ReportType) -> list[tuple[str, str]]:
    """Return what a person wants to know first."""
    options = ", ".join(
        option.name
        + (f" ({'|'.join(option.values)})" if option.values else "")
        + (" required" if option.required else "")
        for option in entry.options
    )
    facts = [
        ("type", entry.report_type),
        ("alias", entry.alias or "none"),
        ("title", entry.title),
        ("format", entry.format or "not known: the bytes decide"),
        (
            "window",
            f"at most {entry.max_window_days} days" * bool(entry.max_window_days),
        ),
        ("options", options),
        ("restricted", "yes: personal data, needs its role" * entry.restricted),
        ("requestable", "" if entry.requestable else "no: list it with existing()"),
        ("deprecated", "yes" * entry.deprecated),
        ("note", entry.note),
    ]
    return [(name, text) for name, text in facts if text]

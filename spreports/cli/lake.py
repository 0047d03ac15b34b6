"""``lake``: what a lake holds, whether it is sound, and its care."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from spreports.cli.again import SAME_COMMAND
from spreports.cli.arguments import add_json, names
from spreports.cli.exits import DONE, FAILED, NO_DATA
from spreports.cli.load import add_storage
from spreports.cli.output import say, write_json, write_rows

if TYPE_CHECKING:
    from spreports import Lake

KEY = "SPREPORTS_HASH_KEY"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    lake = commands.add_parser("lake", help="look at a lake, and keep it in order")
    actions = lake.add_subparsers(dest="action", required=True, metavar="ACTION")
    reports = actions.add_parser("reports", help="what it holds, by its markers")
    add_lake(reports)
    reports.set_defaults(run=reports_command)
    check = actions.add_parser(
        "check", help="hold files against markers; exit code 1 when something is wrong"
    )
    check.add_argument("--deep", action="store_true", help="read every file whole")
    add_lake(check)
    check.set_defaults(run=check_command)
    compact = actions.add_parser(
        "compact", help="put small files together; a sync may write meanwhile"
    )
    compact.add_argument(
        "--drop-superseded", action="store_true", help="keep only newest versions"
    )
    add_lake(compact)
    compact.set_defaults(run=compact_command, again=SAME_COMMAND)
    purge = actions.add_parser(
        "purge", help="take out old reports, or columns with personal data"
    )
    what = purge.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--before", type=day, metavar="DATE", help="reports that end before that day"
    )
    what.add_argument("--columns", type=names, metavar="A,B", help="in every file")
    how = purge.add_mutually_exclusive_group()
    how.add_argument("--drop", action="store_true", help="the columns go")
    how.add_argument(
        "--hash", action="store_true", help=f"keyed hashes instead; {KEY} has the key"
    )
    purge.add_argument(
        "--dry-run", action="store_true", help="only say what --before would take out"
    )
    add_lake(purge)
    purge.set_defaults(run=purge_command, again=SAME_COMMAND)


def add_lake(command: argparse.ArgumentParser) -> None:
    """Add which lake, and how to reach it."""
    command.add_argument("url", metavar="URL", help="what sync or load wrote to")
    command.add_argument("--type", dest="report_type", help="alias or full type")
    add_storage(command)
    add_json(command)


def day(text: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is no date such as 2026-10-01") from None


def opened(arguments: argparse.Namespace) -> Lake:
    """Return the lake that the arguments name."""
    from spreports import Lake  # noqa: PLC0415 - heavy

    return Lake(arguments.url, storage_options=arguments.storage_options)


def reports_command(arguments: argparse.Namespace) -> int:
    """List what a lake holds."""
    found = opened(arguments).reports(arguments.report_type)
    columns = ("report_type", "table", "report_id", "data_start_time", "rows")
    return DONE if write_rows(found, columns, as_json=arguments.json) else NO_DATA


def check_command(arguments: argparse.Namespace) -> int:
    """Hold a lake's files against its markers."""
    found = opened(arguments).check(arguments.report_type, deep=arguments.deep)
    if arguments.json:
        write_json({"ok": bool(found), **asdict(found)})
    else:
        write_rows(found.problems, ("kind", "path", "told"), as_json=False)
    say(
        f"{found.reports} reports, {found.files} files, {found.rows} rows: "
        f"{len(found.problems) or 'no'} problems"
    )
    return DONE if found else FAILED


def compact_command(arguments: argparse.Namespace) -> int:
    """Put small files together."""
    done = opened(arguments).compact(
        arguments.report_type, drop_superseded=arguments.drop_superseded
    )
    write_json(asdict(done))
    return DONE


def purge_command(arguments: argparse.Namespace) -> int:
    """Take out old reports, or columns with personal data."""
    lake = opened(arguments)
    if arguments.columns:
        return columns_command(lake, arguments)
    if arguments.drop or arguments.hash:
        raise ValueError("--drop and --hash go with --columns")
    done = lake.purge(
        arguments.before, arguments.report_type, dry_run=arguments.dry_run
    )
    taken = [
        {"report_id": r.report_id, "report_document_id": r.report_document_id}
        for r in done.reports
    ]
    write_json(
        {
            "reports": taken,
            "rows": done.rows,
            "files": done.files,
            "straddling": done.straddling,
            "undated": done.undated,
        }
    )
    if taken and not arguments.dry_run:
        say(
            "the local store (SPREPORTS_HOME) and the ledger of the machine that "
            "loaded them may still hold these documents"
        )
    return DONE


def columns_command(lake: Lake, arguments: argparse.Namespace) -> int:
    """Drop or hash columns."""
    if arguments.drop == arguments.hash:
        raise ValueError("--columns wants --drop or --hash")
    if arguments.dry_run:
        raise ValueError("--dry-run goes with --before")
    key = None
    if arguments.hash:
        key = os.environ.get(KEY, "").encode()
        if not key:
            raise ValueError(f"--hash wants a key of 16 bytes or more in {KEY}")
    done = lake.protect(arguments.columns, arguments.report_type, key=key)
    write_json({"reports": done.reports, "files": done.files})
    return DONE

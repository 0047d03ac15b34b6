"""``load`` and ``show``: ask for reports and write them, look at a document."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from spreports.cli.again import note_dates
from spreports.cli.arguments import (
    add_connection,
    add_json,
    add_request,
    add_timeout,
    described,
    names,
    open_client,
    whole_number,
)
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_frame, write_json
from spreports.cli.progress import shown

if TYPE_CHECKING:
    from spreports import Document, Reports


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    load = commands.add_parser("load", help="ask for reports and write Parquet")
    add_request(load)
    load.add_argument(
        "--to", required=True, metavar="URL", help="folder, any fsspec URL"
    )
    load.add_argument(
        "--table", help="which, where a report has several; the first when left out"
    )
    add_target(load)
    load.add_argument(
        "--on-bad-value",
        choices=("raise", "null", "rescue"),
        default="raise",
        help="what becomes of a cell that does not fit its type: an error, nothing, or "
        "its text in a column _rescued; raise when left out",
    )
    add_encoding(load)
    add_timeout(load)
    add_connection(load)
    add_json(load)
    load.set_defaults(run=load_command)
    show = commands.add_parser("show", help="show the rows of a document in a file")
    show.add_argument("url", metavar="FILE", help="a path or any fsspec URL")
    show.add_argument("--type", dest="report_type", help="alias or full type")
    add_encoding(show)
    add_rows(show)
    add_storage(show)
    add_json(show)
    show.set_defaults(run=show_command)


def add_target(command: argparse.ArgumentParser) -> None:
    """Add how rows are written."""
    command.add_argument(
        "--partition-by",
        type=names,
        default=[],
        metavar="A,B",
        help="columns, metadata, or column:day, column:month, column:year",
    )
    add_storage(command)


def add_encoding(command: argparse.ArgumentParser) -> None:
    """Add a charset that counts whatever a document says of itself."""
    command.add_argument("--encoding", help="in place of what the bytes say")


def add_storage(command: argparse.ArgumentParser) -> None:
    """Add options for the file system; keys belong in its own configuration."""
    command.add_argument(
        "--storage-options",
        type=json_object,
        metavar="JSON",
        help="for fsspec; keys and secrets belong in the environment",
    )


def add_rows(command: argparse.ArgumentParser) -> None:
    """Add how many rows are shown, and how."""
    command.add_argument(
        "-n", "--rows", type=whole_number(0), default=10, help="10 when left out"
    )
    command.add_argument("--table", help="where a document has several")
    command.add_argument("--text", action="store_true", help="cells as text, untyped")


def json_object(text: str) -> dict[str, object]:
    """Read a JSON object from a flag."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        raise argparse.ArgumentTypeError(f"is not JSON: {exc.msg}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return value


def load_command(arguments: argparse.Namespace) -> int:
    """Ask for reports, wait, and write them as Parquet."""
    with open_client(arguments) as client:
        reports = described(client, arguments, encoding=arguments.encoding)
        note_dates(arguments, reports)
        if not arguments.json:
            say(str(reports.plan()))
        with shown() as on_progress:
            result = reports.sink(
                arguments.to,
                table=arguments.table,
                partition_by=arguments.partition_by,
                storage_options=arguments.storage_options,
                on_bad_value=arguments.on_bad_value,
                timeout=arguments.timeout,
                on_progress=on_progress,
            )
        say_left_out(reports, arguments.table)
        if arguments.start is not None and arguments.end is None:
            say(
                "up to now is another window at each run, beside this one: to keep a "
                "lake give --start and --end as dates, or use spreports sync"
            )
    write_json({"rows": result.rows, "files": result.files, "bytes": result.bytes})
    if result.rows == 0:
        say("Amazon had no data for this request")
        return NO_DATA
    return DONE


def say_left_out(source: Reports | Document, table: str | None) -> None:
    """Name the tables where only one was written, and nobody has said which."""
    names = source.tables if table is None else ()
    if len(names) > 1:
        say(
            f"tables {', '.join(names)}: one is written, the others are "
            "left out; --table says which, each to a folder of its own"
        )


def show_command(arguments: argparse.Namespace) -> int:
    """Show the first rows of a document."""
    from spreports import open_document  # noqa: PLC0415 - heavy

    document = open_document(
        arguments.url,
        report_type=arguments.report_type,
        encoding=arguments.encoding,
        storage_options=arguments.storage_options,
    )
    return show(document, arguments)


def show(document: Document, arguments: argparse.Namespace) -> int:
    """Show the first rows of a document, as `add_rows` has asked for them."""
    frame = document.scan(arguments.table, typed=not arguments.text)
    rows = frame.head(arguments.rows).collect()
    write_frame(rows, as_json=arguments.json)
    return DONE if rows.height or not arguments.rows else NO_DATA

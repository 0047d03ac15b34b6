"""``document``: the rows of one report document, shown or written."""

from __future__ import annotations

import argparse

from spreports.cli.arguments import add_connection, add_json, open_client
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.load import add_encoding, add_rows, add_target, say_left_out, show
from spreports.cli.output import write_json


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    document = commands.add_parser("document", help="one report document by its id")
    document.add_argument("report_document_id")
    document.add_argument("--type", dest="report_type", help="alias or full type")
    add_encoding(document)
    document.add_argument(
        "--to", metavar="URL", help="write Parquet instead of showing"
    )
    add_rows(document)
    add_target(document)
    add_connection(document)
    add_json(document)
    document.set_defaults(run=document_command)


def document_command(arguments: argparse.Namespace) -> int:
    """Show or write one document."""
    with open_client(arguments) as client:
        document = client.document(
            arguments.report_document_id,
            report_type=arguments.report_type,
            encoding=arguments.encoding,
        )
        if arguments.to is not None:
            result = document.sink(
                arguments.to,
                table=arguments.table,
                partition_by=arguments.partition_by,
                storage_options=arguments.storage_options,
            )
            say_left_out(document, arguments.table)
            write_json(
                {"rows": result.rows, "files": result.files, "bytes": result.bytes}
            )
            return DONE if result.rows else NO_DATA
        return show(document, arguments)

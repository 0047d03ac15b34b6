"""Take the words of a command line to its command, and errors to exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import spreports
from spreports.cli import (
    catalogue,
    demo,
    doctor,
    document,
    lake,
    load,
    plan,
    reports,
    schedules,
    simulate,
    sync,
)
from spreports.cli.again import interrupted
from spreports.cli.exits import (
    INTERRUPTED,
    TERMINATED,
    USAGE,
    Terminated,
    exit_code,
    words,
)
from spreports.cli.flags import in_flags
from spreports.cli.output import let_go, say
from spreports.cli.termination import terminable

COMMAND_GROUPS = (
    demo,
    catalogue,
    plan,
    load,
    sync,
    lake,
    reports,
    schedules,
    document,
    doctor,
    simulate,
)


class _Version(argparse.Action):
    """Looks for versions only when somebody asks."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - the base class's signature
        values: object,  # noqa: ARG002 - as above
        option_string: str | None = None,  # noqa: ARG002 - as above
    ) -> None:
        sys.stdout.write(f"spreports {spreports.__version__}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="spreports",
        description="Amazon Selling Partner reports as dataframes.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 no data, 4 credentials, "
        "5 throttled or network, 130 interrupted, 143 terminated. Credentials come "
        "from the environment or a profile, never from a flag.",
    )
    top.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        help="show the version of spreports",
    )
    top.add_argument(
        "--traceback", action="store_true", help="show where an error came from"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in COMMAND_GROUPS:
        group.add_commands(commands)
    return top


def _read(argv: Sequence[str] | None, into: argparse.Namespace) -> None:
    """Read a command line, and make the output fit for what it asks for.

    Raises
    ------
    SystemExit
        The version or help was asked for, and is told; or there is no such command.
    OSError
        Nobody can be told.
    """
    try:
        parser().parse_args(argv, into)
    except SystemExit:
        sys.stdout.flush()
        raise
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal in ASCII or Latin-1 lacks most languages of Amazon's; JSON is UTF-8
        # wherever it goes (RFC 8259, section 8.1)
        charset = "utf-8" if getattr(into, "json", False) else None
        sys.stdout.reconfigure(encoding=charset, errors="backslashreplace")


def _let_go_of_what_fails() -> None:
    """Let go of output that cannot be written: the disk is full, the reader gone."""
    try:
        sys.stdout.flush()
    except OSError:
        let_go()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name; those of the process when left out.

    Returns
    -------
    int
        The exit code.
    """
    # A stream that the caller has closed (``>&-``) is nobody's to read
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the process's own
    arguments = argparse.Namespace(traceback=False, again=None)
    code: int = 0
    try:
        _read(argv, arguments)
        with terminable():
            code = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as exc:
        say(f"\n{interrupted(arguments)}")
        return TERMINATED if isinstance(exc, Terminated) else INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, see `output`, before what was kept for the end
        let_go()
        return code
    except ValueError as exc:
        if arguments.traceback:
            raise
        say(f"spreports: {in_flags(str(exc), arguments)}")
        return USAGE
    except Exception as exc:  # raised again where no exit code is known
        code = exit_code(exc)
        _let_go_of_what_fails()
        if arguments.traceback or not code:
            raise
        say(f"spreports: {in_flags(words(exc), arguments)}")
        return code
    return code

"""Arguments that several commands share, and the client that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from spreports.errors import ConfigError

if TYPE_CHECKING:
    from spreports import Client, FeedsFile, Reports

Read = TypeVar("Read")
# What the account of the environment, or of --profile, is called among others
UNNAMED = "default"
_REQUEST = {
    "start": "--start",
    "end": "--end",
    "marketplaces": "-m",
    "option": "-o",
    "per_marketplace": "--per-marketplace",
    "new": "--new",
    "lenient": "--lenient",
}

_UNITS = {"s": 1, "m": 60, "h": 3600}


def add_json(command: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    command.add_argument("--json", action="store_true", help="JSON lines on stdout")


def add_connection(command: argparse.ArgumentParser) -> None:
    """Add what `connect` takes, less the secrets."""
    group = command.add_argument_group("connection")
    group.add_argument("--profile", help="a profile of spreports/profiles.toml")
    group.add_argument("--region", choices=("na", "eu", "fe"))
    group.add_argument("--endpoint", help="in place of Amazon's own")
    group.add_argument("--token-url", help="in place of Amazon's own")
    group.add_argument("--home", help="the local store")
    group.add_argument(
        "--simulator", action="store_true", help="use the embedded Amazon"
    )


def add_timeout(command: argparse.ArgumentParser) -> None:
    """Add how long reports are waited for."""
    command.add_argument(
        "--timeout",
        type=seconds,
        metavar="TIME",
        help="how long to wait for reports: 90m, 2h, or seconds; 6h when left out, 9h "
        "by sync. What is not finished goes on at Amazon",
    )


def add_request(command: argparse.ArgumentParser, *, or_feeds: bool = False) -> None:
    """Add what describes a request; with `or_feeds`, or a file of many."""
    if or_feeds:
        said = "alias or full type, or a file of feeds (.toml)"
        command.add_argument("report_type", metavar="TYPE|FEEDS.TOML", help=said)
    else:
        command.add_argument("report_type", metavar="TYPE", help="alias or full type")
    command.add_argument(
        "--start", help="2026-10-01, an ISO time, or 30d back from now"
    )
    command.add_argument("--end", help="as --start; now when left out")
    command.add_argument(
        "-m",
        "--marketplaces",
        required=not or_feeds,
        type=names,
        metavar="DE,FR",
        help="country codes or ids, of one region",
    )
    command.add_argument(
        "-o",
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a report option; may be repeated",
    )
    command.add_argument("--per-marketplace", action="store_true")
    command.add_argument(
        "--new", action="store_true", help="create reports even if we have them"
    )
    command.add_argument(
        "--lenient", action="store_true", help="do not check against the catalogue"
    )


def read_input(read: Callable[[str], Read], path: str) -> Read:
    """Read a file that the command line names.

    Raises
    ------
    ValueError
        It cannot be read: that is no matter of credentials, whatever the reader says.
    """
    try:
        return read(path)
    except OSError as exc:
        raise ValueError(f"{path} cannot be read: {exc.strerror}") from exc
    except ConfigError as exc:
        raise ValueError(str(exc)) from exc


@contextmanager
def of_a_file(file: FeedsFile, path: str, profile: str | None) -> Iterator[None]:
    """Have what cannot be in one account's feeds told with the file that says it."""
    account = f"account {profile or UNNAMED}: " if len(file.accounts) > 1 else ""
    try:
        yield
    except (ValueError, ConfigError) as exc:
        raise type(exc)(f"{path}: {account}{exc}") from exc


def names(text: str) -> list[str]:
    """Split a comma-separated list."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError("names at least one")
    return found


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number of a range from a flag."""
    span = f"of at least {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"must be a whole number {span}")
        return number

    return read


def seconds(text: str) -> float:
    """Read a length of time from a flag."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if not (number.isascii() and number.isdecimal()):
        raise argparse.ArgumentTypeError("must be a time such as 90m, 2h or 600 (s)")
    return float(number) * _UNITS[unit]


def refuse_request(arguments: argparse.Namespace) -> None:
    """Raise `ValueError` for what describes one request, beside a file of feeds."""
    values = vars(arguments)
    said = [f for name, f in _REQUEST.items() if values[name] not in (None, False, [])]
    if said:
        raise ValueError(
            f"{arguments.report_type} says by itself what is asked for: leave "
            f"{', '.join(said)} out, or give a report type in place of the file"
        )


def open_client(arguments: argparse.Namespace, profile: str | None = None) -> Client:
    """Return the client that the arguments describe; a file may name the profile."""
    from spreports import connect  # noqa: PLC0415 - heavy; --help must not pay for it

    if arguments.simulator:
        return connect("simulator", home=arguments.home)
    return connect(
        profile=arguments.profile if profile is None else profile,
        region=arguments.region,
        endpoint=arguments.endpoint,
        token_url=arguments.token_url,
        home=arguments.home,
    )


def described(
    client: Client, arguments: argparse.Namespace, *, encoding: str | None = None
) -> Reports:
    """Return the reports that the arguments describe."""
    pairs = [option.partition("=") for option in arguments.option]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise ValueError(f"--option {name!r}: must be NAME=VALUE")
    options = {name: value for name, _, value in pairs}
    if len(options) < len(pairs):
        names_given = [name for name, _, _ in pairs]
        twice = next(name for name in options if names_given.count(name) > 1)
        raise ValueError(f"--option {twice!r} is given twice: say which one counts")
    return client.reports(
        arguments.report_type,
        start=arguments.start,
        end=arguments.end,
        marketplaces=arguments.marketplaces,
        options=options,
        per_marketplace=arguments.per_marketplace,
        reuse=not arguments.new,
        strict=not arguments.lenient,
        encoding=encoding,
    )

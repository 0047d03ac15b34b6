"""``sync``: keep a lake up to date, by a file that names its feeds."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from spreports.cli.again import SAME_COMMAND
from spreports.cli.arguments import (
    UNNAMED,
    add_connection,
    add_json,
    add_timeout,
    of_a_file,
    open_client,
    read_input,
)
from spreports.cli.exits import (
    DONE,
    FAILED,
    NETWORK,
    exit_code,
    is_passing,
    several,
    words,
)
from spreports.cli.feeds_lake import add_lake, lake_of, lake_settings
from spreports.cli.flags import in_flags
from spreports.cli.output import say, write_json, write_text
from spreports.cli.progress import shown
from spreports.cli.together import side_by_side
from spreports.errors import SPReportsError

if TYPE_CHECKING:
    from spreports import Client, FeedsFile, SyncResult


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    sync = commands.add_parser("sync", help="keep a lake up to date")
    sync.add_argument("feeds", metavar="FEEDS.TOML", help="which reports it holds")
    add_lake(sync)
    sync.add_argument(
        "--dry-run", action="store_true", help="say what is due; asks nobody"
    )
    sync.add_argument(
        "--on-drift",
        choices=("evolve", "warn", "fail"),
        default="evolve",
        help="what becomes of rows whose columns or cells are not as before: taken in, "
        "taken in with a warning, or held back (exit 1); evolve when left out",
    )
    sync.add_argument(
        "--allow-gaps", action="store_true", help="exit 0 in spite of gaps"
    )
    sync.add_argument(
        "--retry-gaps",
        action="store_true",
        help="try once more what was given up; what cannot be had is told no more",
    )
    sync.add_argument(
        "--refill",
        action="store_true",
        help="ask again for what the lake has lost, which is an error else (exit 1)",
    )
    add_timeout(sync)
    add_connection(sync)
    add_json(sync)
    sync.set_defaults(run=sync_command, again=SAME_COMMAND)


def sync_command(arguments: argparse.Namespace) -> int:
    """Keep the lake of a feeds file up to date, for every account that it names."""
    from spreports import read_feeds  # noqa: PLC0415 - heavy

    file = read_input(read_feeds, arguments.feeds)
    to = lake_of(arguments, file, arguments.feeds)
    codes: list[int] = []
    with closing(_results(arguments, file, to)) as results:
        for profile, result in results:
            whose = _whose(file, profile)
            if isinstance(result, SPReportsError):
                if not whose:
                    raise result
                # the other accounts have nothing to do with it
                _show_error(result, profile, arguments, whose)
                codes.append(exit_code(result))
            elif arguments.dry_run:
                _show_plan(result, profile, arguments, whose)
            else:
                _show(result, profile, arguments, whose)
                codes.append(_code(result, allow_gaps=arguments.allow_gaps))
    return several(codes)


def _whose(file: FeedsFile, profile: str | None) -> str:
    """Return what the lines of one account among several begin with."""
    return f"{profile or UNNAMED}: " if len(file.accounts) > 1 else ""


def _results(
    arguments: argparse.Namespace, file: FeedsFile, to: str
) -> Generator[tuple[str | None, SyncResult | SPReportsError], None, None]:
    """Run sync for all accounts side by side: each has quotas of its own."""
    with ExitStack() as clients:
        opened: dict[str | None, Client] = {}
        for profile in file.accounts:
            try:
                client = open_client(arguments, profile)
                opened[profile] = clients.enter_context(client)
            except SPReportsError as exc:
                yield profile, exc
        runs = {
            profile: partial(_kept, arguments, file, to, profile, client)
            for profile, client in opened.items()
        }
        if len(file.accounts) > 1:
            yield from side_by_side(runs)
        else:
            yield from ((profile, keep()) for profile, keep in runs.items())


def _kept(
    arguments: argparse.Namespace,
    file: FeedsFile,
    to: str,
    profile: str | None,
    client: Client,
) -> SyncResult:
    """Run sync for one account."""
    with (
        shown(_whose(file, profile)) as on_progress,
        of_a_file(file, arguments.feeds, profile),
    ):
        return client.sync(
            file.accounts[profile],
            to,
            **lake_settings(arguments, file),
            dry_run=arguments.dry_run,
            on_drift=arguments.on_drift,
            retry_gaps=arguments.retry_gaps,
            refill=arguments.refill,
            timeout=arguments.timeout,
            on_progress=on_progress,
        )


def _show_error(
    error: SPReportsError,
    profile: str | None,
    arguments: argparse.Namespace,
    whose: str,
) -> None:
    """Say what an account came to nothing by; it has its line of JSON, too."""
    if arguments.json:
        kind = type(error).__name__
        # Said behind its class, as on stderr: what it begins with is no flag there
        reason = in_flags(f"{kind}: {error}", arguments).removeprefix(f"{kind}: ")
        write_json({"profile": profile, "error": {"kind": kind, "reason": reason}})
    say(whose + in_flags(words(error), arguments))


def _show_plan(
    result: SyncResult,
    profile: str | None,
    arguments: argparse.Namespace,
    whose: str,
) -> None:
    if arguments.json:
        write_json({"profile": profile, **result.plan.to_dict()})
    else:
        head = f"{whose.rstrip()}\n" if whose else ""
        write_text(f"{head}{result.plan}")


def _show(
    result: SyncResult,
    profile: str | None,
    arguments: argparse.Namespace,
    whose: str,
) -> None:
    """Say what was done; what needs a person is on stderr, too."""
    if arguments.json:
        write_json({"profile": profile, **result.to_dict()})
    else:
        write_text(whose + str(result).splitlines()[0])
    for one in result.failed:
        say(f"{whose}failed: {one}")
    for one in result.gaps:
        say(f"{whose}gap: {one}")
    if arguments.on_drift != "evolve":
        for line in result.quality.lines():
            say(f"{whose}differs: {line}")


def _code(result: SyncResult, *, allow_gaps: bool) -> int:
    """Return the exit code of one account's run."""
    if result.gaps and not allow_gaps:
        return FAILED
    if not result.failed:
        return DONE
    return NETWORK if all(is_passing(one.kind) for one in result.failed) else FAILED

"""``doctor``: what stands in the way of a first report, and what to do about it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from spreports.cli.arguments import add_connection, add_json
from spreports.cli.exits import CREDENTIALS, DONE, FAILED, NETWORK
from spreports.cli.flags import in_flags
from spreports.cli.output import say, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spreports import Finding

_CODES = {"credentials": CREDENTIALS, "network": NETWORK, "setup": FAILED}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    doctor = commands.add_parser(
        "doctor", help="check credentials, region, clock, roles, store"
    )
    doctor.add_argument("--offline", action="store_true", help="make no calls")
    add_connection(doctor)
    add_json(doctor)
    doctor.set_defaults(run=doctor_command)


def doctor_command(arguments: argparse.Namespace) -> int:
    """Check the setup; the exit code is 4 for credentials, 5 for the network."""
    from spreports import check_setup  # noqa: PLC0415 - heavy

    findings = check_setup(
        "simulator" if arguments.simulator else None,
        profile=arguments.profile,
        region=arguments.region,
        endpoint=arguments.endpoint,
        token_url=arguments.token_url,
        home=arguments.home,
        offline=arguments.offline,
    )
    for found in findings:
        finding = replace(
            found,
            message=in_flags(found.message, arguments),
            advice=found.advice and in_flags(found.advice, arguments),
        )
        if arguments.json:
            write_json(finding)
        else:
            write_text(str(finding))
    return _code(findings)


def _code(findings: Sequence[Finding]) -> int:
    """Return the exit code: that of the first failure, in the order of the checks."""
    failed = [finding for finding in findings if finding.status == "failed"]
    if not failed:
        return DONE
    say(f"{len(failed)} of {len(findings)} checks failed")
    return _CODES[failed[0].cause or "setup"]

"""``simulate``: the embedded Amazon as a server, for other programs and languages."""

from __future__ import annotations

import argparse
import sys
import threading

from spreports.cli.arguments import read_input, whole_number
from spreports.cli.exits import DONE
from spreports.cli.output import say


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    simulate = commands.add_parser("simulate", help="serve the embedded Amazon")
    simulate.add_argument(
        "--port",
        type=whole_number(0, 65_535),
        default=0,
        help="any free one if left out",
    )
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("--rows", type=int, default=200, help="of a document")
    simulate.add_argument(
        "--speed", type=float, default=60.0, help="simulated seconds in a second"
    )
    simulate.add_argument("--faults", metavar="FILE", help="a fault script")
    simulate.add_argument(
        "--samples", action="store_true", help="serve data/samples where there is one"
    )
    simulate.set_defaults(run=simulate_command)


def simulate_command(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; stdout has what a shell needs to use it."""
    from spreports.simulator import Simulator  # noqa: PLC0415 - heavy
    from spreports.simulator.faults import load_faults  # noqa: PLC0415 - as above

    script = arguments.faults
    faults = read_input(load_faults, script) if script is not None else ()
    with Simulator(
        port=arguments.port,
        seed=arguments.seed,
        rows=arguments.rows,
        speed=arguments.speed,
        samples=arguments.samples or None,
        faults=faults,
    ) as simulator:
        variables = {
            "SPREPORTS_ENDPOINT": simulator.endpoint,
            "SPREPORTS_TOKEN_URL": simulator.token_url,
            "SP_API_REFRESH_TOKEN": simulator.credentials.refresh_token,
            "LWA_CLIENT_ID": simulator.credentials.client_id,
            "LWA_CLIENT_SECRET": simulator.credentials.client_secret,
        }
        for name, value in variables.items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        say("the simulator runs until Ctrl-C; all of its data is made up")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("the simulator has stopped")
    return DONE

"""What a simulator is told, checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping

from spreports.simulator.report_types import facts_of
from spreports.simulator.world import World

__all__ = ["check_choices", "check_course", "check_ports", "check_types"]

ETAGS = ("md5", "opaque", None)
REGIONS = ("na", "eu", "fe", None)
LAST_PORT = 65_535
DELAYS = 2  # in the queue, and in progress


def check_choices(etag: object, region: object) -> None:
    """Raise `ValueError` for what is none of a few."""
    if etag not in ETAGS or region not in REGIONS:
        raise ValueError(f"etag is one of {ETAGS}, region one of {REGIONS}")


def check_ports(**ports: object) -> None:
    """Raise `ValueError` for what is no port."""
    for name, port in ports.items():
        if not isinstance(port, int) or not 0 <= port <= LAST_PORT:
            raise ValueError(
                f"{name}={port!r} is no port: 0 for a free one, {LAST_PORT} at most"
            )


def check_course(delays: object, world: object) -> None:
    """Raise for delays that are not two lengths of time, and for what is no world.

    Raises
    ------
    ValueError, TypeError
    """
    numbers = delays if isinstance(delays, tuple | list) else ()
    are_times = all(isinstance(n, int | float) and n >= 0 for n in numbers)
    if len(numbers) != DELAYS or not are_times:
        raise ValueError(
            f"delays={delays!r}: give two numbers of seconds, in the queue and in "
            "progress, such as (20, 40)"
        )
    if world is not None and not isinstance(world, World):
        raise TypeError(f"world={world!r}: give a World(...), or None")


def check_types(rows: object, fatal: object, cooldowns: object) -> None:
    """Raise for what is no number of rows, and for names that no report type has.

    Raises
    ------
    ValueError, TypeError
    """
    counts = rows.values() if isinstance(rows, Mapping) else [rows]
    if not all(isinstance(count, int) for count in counts):
        raise TypeError(f"rows={rows!r}: give a number, or one for each report type")
    if any(isinstance(count, int) and count < 0 for count in counts):
        raise ValueError("rows must not be negative")
    if fatal is not None and not isinstance(fatal, Mapping):
        raise TypeError(f"fatal={fatal!r}: give what is told, for each report type")
    for name, by_type in {"rows": rows, "fatal": fatal, "cooldowns": cooldowns}.items():
        for kind in by_type if isinstance(by_type, Mapping) else ():
            if not isinstance(kind, str) or facts_of(kind) is None:
                raise ValueError(
                    f"{name}: {kind!r} is no report type; give the full name, such as "
                    "GET_MERCHANT_LISTINGS_ALL_DATA"
                )

"""The embedded Amazon: a real HTTP server on loopback, with a clock that hurries.

`Simulator` answers Login with Amazon, the Tokens API, the nine operations of the
Reports API and the document host; `Fault` scripts what goes wrong. Everything it
serves is made up from a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spreports.simulator.faults import Fault
    from spreports.simulator.notifier import Notifier
    from spreports.simulator.simulator import Simulator
    from spreports.simulator.world import World

__all__ = ["Fault", "Notifier", "Simulator", "World"]


def __getattr__(name: str) -> object:
    """Import on first use: the pytest plugin passes here in every test session."""
    if name == "Simulator":
        from spreports.simulator.simulator import Simulator  # noqa: PLC0415  lazy on purpose

        return Simulator
    if name == "Fault":
        from spreports.simulator.faults import Fault  # noqa: PLC0415  lazy on purpose

        return Fault
    if name == "World":
        from spreports.simulator.world import World  # noqa: PLC0415  lazy on purpose

        return World
    if name == "Notifier":
        from spreports.simulator.notifier import Notifier  # noqa: PLC0415  lazy on purpose

        return Notifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__]

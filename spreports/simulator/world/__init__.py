"""A made-up business that goes on: reports of the same hours tell of the same."""

from __future__ import annotations

from spreports.simulator.world.world import Row, World

__all__ = ["Row", "World"]

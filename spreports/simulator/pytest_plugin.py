"""The fixture ``spreports_simulator``, for this package's users and their tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spreports.simulator import Simulator


@pytest.fixture
def spreports_simulator() -> Iterator[Simulator]:
    """Yield a started simulator that lives for one test, 600 times as fast."""
    from spreports.simulator import Simulator  # noqa: PLC0415  only for who asks

    with Simulator(speed=600.0) as simulator:
        yield simulator

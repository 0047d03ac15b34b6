"""Client.schedules: report schedules as desired state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spreports.catalog import Catalogue
from spreports.reports.connection import Connection

if TYPE_CHECKING:
    from spreports.schedules.schedules import Schedules

__all__ = ["Scheduling"]


class Scheduling:
    """What a client does for report schedules; a part of `Client`."""

    _connection: Connection
    _catalogue: Catalogue

    @property
    def schedules(self) -> Schedules:
        """Report schedules as desired state: `apply`, `list`, `cancel`, `harvest`."""
        from spreports.schedules.schedules import Schedules  # noqa: PLC0415 - seldom asked

        return Schedules(self._connection, self._catalogue)

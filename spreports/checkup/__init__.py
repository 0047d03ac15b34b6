"""What stands in the way of a first report: found out, and what to do about it."""

from __future__ import annotations

from spreports.checkup.checkup import check_setup
from spreports.checkup.finding import Finding

__all__ = ["Finding", "check_setup"]

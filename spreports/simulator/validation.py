"""The reference's rules for parameters and bodies, each a refusal with status 400.

What Amazon does not know it ignores, and the journal counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from spreports.simulator.journal import Journal
from spreports.simulator.marketplaces import MARKETPLACES
from spreports.simulator.refusal import Refusal, forbidden, invalid
from spreports.simulator.report_types import Facts, facts_of
from spreports.simulator.server import Request

MAX_REPORT_TYPES = 10
MAX_FILTER_MARKETPLACES = 10
MAX_MARKETPLACES = 25


class Parameters:
    """The query of one request, as an operation reads it.

    Parameters
    ----------
    request : Request
    operation : str
    known : frozenset of str
        The names in the reference; others are ignored and counted.
    journal : Journal
    """

    def __init__(
        self, request: Request, operation: str, known: frozenset[str], journal: Journal
    ) -> None:
        self._values: dict[str, list[str]] = {}
        self._operation = operation
        self._journal = journal
        for name, value in request.query:
            if name not in known:
                journal.ignore(operation, name)
                continue
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """Return a single value, or None."""
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise invalid(f"{name} is given {len(values)} times.")
        return values[0]

    def array(self, name: str, most: int | None = None) -> tuple[str, ...] | None:
        """Return the values of an array, comma-joined or repeated, or None."""
        values = self._values.get(name)
        if values is None:
            return None
        items = tuple(item for value in values for item in value.split(","))
        if not all(items):
            raise invalid(f"{name} has an empty item.")
        if most is not None and len(items) > most:
            raise invalid(f"{name} has {len(items)} items; at most {most} are allowed.")
        return items

    def integer(self, name: str, least: int, most: int, default: int) -> int:
        """Return a whole number within bounds."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > len(str(most)):
            raise invalid(f"{name} must be an integer from {least} to {most}.")
        if not least <= int(value) <= most:
            raise invalid(f"{name} must be an integer from {least} to {most}.")
        return int(value)

    def boolean(self, name: str) -> bool:
        """Return true or false, false where it is absent."""
        value = self.text(name)
        if value not in {None, "true", "false"}:
            raise invalid(f"{name} must be true or false.")
        return value == "true"

    def moment(self, name: str) -> datetime | None:
        """Return a date-time, or None."""
        value = self.text(name)
        if value is None:
            return None
        return parse_moment(value, f"{self._operation} {name}", self._journal)


class Body:
    """The JSON body of one request, as an operation reads it; like `Parameters`."""

    def __init__(
        self,
        values: Mapping[str, Any],
        operation: str,
        known: frozenset[str],
        journal: Journal,
    ) -> None:
        self._values = values
        self._operation = operation
        self._journal = journal
        for name in values:
            if name not in known:
                journal.ignore(operation, name)

    def report_type(self) -> tuple[str, Facts]:
        """Return the report type and what is known of it."""
        value = self._values.get("reportType")
        if not isinstance(value, str) or not value:
            raise invalid("reportType is required.")
        facts = facts_of(value)
        if facts is None:
            raise invalid(f"Invalid report type: {value[:100]}.")
        return value, facts

    def marketplace_ids(self, region: str | None) -> tuple[str, ...]:
        """Return the marketplaces; those of another region are forbidden."""
        values = self._values.get("marketplaceIds")
        if not isinstance(values, list) or not values:
            raise invalid("marketplaceIds is required and needs at least one item.")
        if len(values) > MAX_MARKETPLACES:
            raise invalid(f"At most {MAX_MARKETPLACES} marketplaceIds are allowed.")
        for value in values:
            place = MARKETPLACES.get(value) if isinstance(value, str) else None
            if place is None:
                raise invalid("marketplaceIds has an invalid marketplace.")
            if region is not None and place.region != region:
                raise forbidden(f"{value} is not a marketplace of this endpoint.")
        return tuple(dict.fromkeys(values))

    def options(self) -> dict[str, str]:
        """Return reportOptions: strings to strings."""
        values = self._values.get("reportOptions")
        if values is None:
            return {}
        if not isinstance(values, dict) or not all(
            isinstance(value, str) for value in values.values()
        ):
            raise invalid("reportOptions must map strings to strings.")
        return values

    def member(self, name: str, allowed: Mapping[str, object]) -> str:
        """Return one of the values of an enum."""
        value = self._values.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise invalid(f"{name} must be one of {', '.join(allowed)}.")
        return value

    def moment(self, name: str) -> datetime | None:
        """Return a date-time, or None."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(f"{name} must be an ISO 8601 date-time.")
        return parse_moment(value, f"{self._operation} {name}", self._journal)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Return dataStartTime and dataEndTime; both default to now."""
        start, end = self.moment("dataStartTime"), self.moment("dataEndTime")
        for name, moment in (("dataStartTime", start), ("dataEndTime", end)):
            if moment is not None and moment > now:
                raise invalid(f"{name} is in the future.")
        end = end or now
        start = start or end
        if start > end:
            raise invalid("dataStartTime is after dataEndTime.")
        return start, end


def parse_moment(value: str, what: str, journal: Journal) -> datetime:
    """Return an ISO 8601 date-time, aware.

    One without an offset is taken as UTC, as Amazon takes it, but it is a breach:
    the reference says date-time, and RFC 3339 demands an offset.

    Raises
    ------
    Refusal
        400.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(f"{what}: not an ISO 8601 date-time.") from None
    if moment.tzinfo is None:
        journal.breach(f"{what}: a date-time without an offset")
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def not_requestable() -> Refusal:
    """Return the refusal of a report type that only Amazon makes (models#2010).

    The same for one that no schedule makes: its own words are not known.
    """
    return invalid("Request for this report type is not allowed at this time.")

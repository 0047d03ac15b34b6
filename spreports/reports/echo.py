"""What a JSON document says it was asked for, held against what we asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from spreports.catalog.periods import next_period, starts_period
from spreports.errors import DocumentError

__all__ = ["Echo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What the request echo (``reportSpecification``) of a document must say.

    Amazon does not tell a report's options anywhere else, so a report that was adopted
    is only now known to be the right one.

    Attributes
    ----------
    report_type : str
    marketplace_ids : tuple of str or None
    options : mapping of str to str
        Those that we asked for; Amazon may add others.
    start, end : datetime or None
        As createReport was told.
    period : str or None
        Whose bounds Amazon may have moved the dates to.

    Source: selling-partner-api-models, schemas/reports, reportSpecification.
    """

    report_type: str
    marketplace_ids: tuple[str, ...] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    period: str | None = None

    def check(self, fields: Mapping[str, object]) -> None:
        """Refuse a document that answers another request.

        Parameters
        ----------
        fields : mapping
            The document's own fields; without an echo there is nothing to hold.

        Raises
        ------
        DocumentError
            Names what differs.
        """
        echo = fields.get("reportSpecification")
        if not isinstance(echo, Mapping):
            return
        wrong = [name for name, same in self._compared(echo) if not same]
        if wrong:
            raise DocumentError(
                "the document answers another request than ours: "
                f"{', '.join(wrong)} differ in its reportSpecification; ask anew with "
                "reuse=False"
            )

    def confirms(self, fields: Mapping[str, object]) -> bool:
        """Whether a document that somebody else asked for is what we ask for.

        Stricter than `check`: there must be an echo, and it must name exactly the
        options that we ask for. An option that only one side names may be a default,
        or may not, and then the rows are others.

        Parameters
        ----------
        fields : mapping
            The document's own fields.

        Returns
        -------
        bool
        """
        echo = fields.get("reportSpecification")
        if not isinstance(echo, Mapping):
            return False
        said = echo.get("reportOptions")
        options = set(said) if isinstance(said, Mapping) else set()
        return options == set(self.options) and all(
            same for _, same in self._compared(echo)
        )

    def _compared(self, echo: Mapping[str, object]) -> list[tuple[str, bool]]:
        """Return each thing that both sides name, and whether they agree."""
        said = echo.get("reportOptions")
        options = said if isinstance(said, Mapping) else {}
        compared: list[tuple[str, bool]] = [
            (f"option {name}", str(options[name]).lower() == value.lower())
            for name, value in self.options.items()
            if name in options
        ]
        if "reportType" in echo:
            compared.append(("reportType", echo["reportType"] == self.report_type))
        ids = echo.get("marketplaceIds")
        if isinstance(ids, list) and self.marketplace_ids:
            same = {str(i) for i in ids} <= set(self.marketplace_ids)
            compared.append(("marketplaceIds", same))
        # A last day is the eve of what a first day may be
        for name, ours, eve in (
            ("dataStartTime", self.start, timedelta()),
            ("dataEndTime", self.end, timedelta(days=1)),
        ):
            theirs = _day(echo.get(name))
            if ours is not None and theirs is not None:
                bounds = _bounds(ours.date() + eve, self.period)
                compared.append((name, theirs in {bound - eve for bound in bounds}))
        return compared


def _bounds(day: date, period: str | None) -> set[date]:
    """Return a day, and the bounds of the period that it lies within."""
    if period is None or starts_period(day, period) == day:
        return {day}
    return {day, starts_period(day, period), next_period(day, period)}


def _day(text: object) -> date | None:
    """Read the day of an echoed time; the time of day is not kept by Amazon."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None

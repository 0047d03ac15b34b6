"""One report type as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spreports.catalog.entry import ReportType

__all__ = ["html"]


def html(entry: ReportType) -> str:
    """Return what is known of a report type as HTML: facts, then columns.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    str
        Everything escaped.
    """
    facts = {
        "alias": entry.alias,
        "format": entry.format,
        "longest window": entry.max_window_days and f"{entry.max_window_days} days",
        "marketplaces": {
            "first": "one a report",
            "one": "one a report",
            "none": "the whole region",
        }.get(entry.marketplaces_used),
        "dates": entry.dates_required and "required",
        "whole periods of": entry.period and entry.period.removeprefix("option:"),
        "newer copy after": entry.cooldown_seconds and f"{entry.cooldown_seconds} s",
        "options": ", ".join(
            option.name
            + (f" ({'|'.join(option.values)})" if option.values else "")
            + (" (required)" if option.required else "")
            for option in entry.options
        ),
        "restricted": "yes: personal data" if entry.restricted else None,
        "requestable": None if entry.requestable else "no: Amazon makes it by itself",
        "note": entry.note,
    }
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value
    )
    tables = "".join(_table(entry, name) for name in (t.name for t in entry.tables))
    title = escape(entry.title or "not in the catalogue")
    return f"<b>{escape(entry.report_type)}</b>: {title}<table>{rows}</table>{tables}"


def _table(entry: ReportType, name: str) -> str:
    """Return one table's columns, folded."""
    columns = entry.columns(name)
    rows = "".join(
        f"<tr><td style='text-align:left'>{escape(column.name)}</td>"
        f"<td style='text-align:left'>{escape(column.dtype)}</td>"
        f"<td style='text-align:left'>{'optional' if column.optional else ''}</td>"
        f"<td style='text-align:left'>{escape(column.note)}</td></tr>"
        for column in columns
    )
    heading = f"table {escape(name)}: {len(columns)} columns"
    return f"<details><summary>{heading}</summary><table>{rows}</table></details>"

"""One report type as a line of a listing."""

from __future__ import annotations

from spreports.catalog.entry import ReportType

__all__ = ["summary"]


def summary(entry: ReportType) -> dict[str, object]:
    """Return what one line of a listing shows.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    dict
        Plain values, the same keys for each entry.
    """
    return {
        "alias": entry.alias,
        "report_type": entry.report_type,
        "family": entry.family,
        "title": entry.title,
        "format": entry.format,
        "seller_or_vendor": entry.seller_or_vendor or None,
        "restricted": entry.restricted,
        "requestable": entry.requestable,
        "schedulable": entry.schedulable,
        "deprecated": entry.deprecated,
        "marketplaces_used": entry.marketplaces_used,
        "max_window_days": entry.max_window_days,
        "cooldown_seconds": entry.cooldown_seconds,
        "period": entry.period,
        "options": [option.name for option in entry.options],
        "required_options": [o.name for o in entry.options if o.required],
        "tables": [table.name for table in entry.tables],
        "columns": sum(len(table.columns) for table in entry.tables),
        "note": entry.note,
    }

"""``types`` and ``describe``: what is known of report types."""

from __future__ import annotations

import argparse
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from spreports.cli.arguments import add_json
from spreports.cli.exits import DONE, NO_DATA
from spreports.cli.output import say, write_json, write_rows, write_text

if TYPE_CHECKING:
    from spreports import ReportType


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of this file."""
    types = commands.add_parser("types", help="list report types")
    types.add_argument(
        "pattern",
        nargs="?",
        help="part of an alias, type or title; with * or ?, a whole alias or type",
    )
    types.add_argument("--all", action="store_true", help="deprecated ones, too")
    add_json(types)
    types.set_defaults(run=types_command)
    describe = commands.add_parser("describe", help="say what is known of one type")
    describe.add_argument("report_type", metavar="TYPE", help="alias or full type")
    add_json(describe)
    describe.set_defaults(run=describe_command)


def types_command(arguments: argparse.Namespace) -> int:
    """List report types, one line each."""
    from spreports import report_types  # noqa: PLC0415 - heavy

    pattern = (arguments.pattern or "").lower()
    matching = [
        row
        for row in report_types().iter_rows(named=True)
        if _matches(pattern, row["alias"] or "", row["report_type"], row["title"])
    ]
    found = [row for row in matching if arguments.all or not row["deprecated"]]
    if arguments.pattern and (hidden := len(matching) - len(found)):
        say(f"{hidden} that Amazon has given up are left out: --all shows them")
    if not found:
        say(f"no report type matches {arguments.pattern!r}; try: spreports types")
        return NO_DATA
    columns = ("alias", "report_type", "format", "title")
    write_rows(found, columns, as_json=arguments.json)
    return DONE


def _matches(pattern: str, alias: str, report_type: str, title: str) -> bool:
    """Whether a pattern in small letters is a part of a name, or with * or ? a name."""
    names = [alias.lower(), report_type.lower(), title.lower()]
    if any(mark in pattern for mark in "*?"):
        return any(fnmatchcase(name, pattern) for name in names)
    return any(pattern in name for name in names)


def describe_command(arguments: argparse.Namespace) -> int:
    """Say what is known of one report type."""
    from spreports import report_type  # noqa: PLC0415 - heavy

    entry = report_type(arguments.report_type)
    if arguments.json:
        write_json(entry)
        return DONE
    facts = _facts(entry)
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        write_text(f"{name:<{width}}  {value}".rstrip())
    for table in entry.tables:
        write_text(f"\ntable {table.name}: {len(table.columns)} columns")
        shown = ("name", "dtype", "formats", "may be missing", "note")
        rows = [
            {
                "name": column.name,
                "dtype": column.dtype,
                "formats": ", ".join(column.formats),
                "may be missing": "yes" * column.optional,
                "note": column.note,
            }
            for column in table.columns
        ]
        write_rows(rows, shown, as_json=False)
    return DONE


_MARKETPLACES = {
    "all": "",
    "first": "one a report: only the first one's rows are in it",
    "one": "one a report: Amazon makes none of several",
    "none": "not asked for: a report holds the whole region",
}


def _facts(entry: ReportType) -> list[tuple[str, str]]:
    """Return what a person wants to know first."""
    facts = [
        ("type", entry.report_type),
        ("alias", entry.alias or "none"),
        ("title", entry.title),
        (
            "for",
            {"both": "sellers and vendors"}.get(
                entry.seller_or_vendor,
                f"{entry.seller_or_vendor}s" * bool(entry.seller_or_vendor),
            ),
        ),
        ("format", entry.format or "not known: the bytes decide"),
        ("charset", entry.charset or "not known: the bytes decide"),
        ("window", _days("at most", entry.max_window_days)),
        ("history", _history(entry)),
        ("marketplaces", _MARKETPLACES[entry.marketplaces_used]),
        ("dates", _dates(entry)),
        ("out", _days("up to", entry.hold_back_days, "after the period")),
        ("restated", _days("for", entry.restated_days)),
        ("newer copy", _time(entry.cooldown_seconds)),
        ("restricted", "yes: personal data, needs its role" * entry.restricted),
        ("requestable", "" if entry.requestable else "no: see spreports reports list"),
        ("schedulable", "yes" * entry.schedulable),
        ("deprecated", "yes" * entry.deprecated),
        ("headers", _headers(len(entry.header_aliases))),
        ("note", entry.note),
    ]
    facts += [
        (f"option {option.name}", _option(entry, option.name))
        for option in entry.options
    ]
    return [(name, text) for name, text in facts if text]


def _option(entry: ReportType, name: str) -> str:
    """Return what an option takes."""
    option = entry.option(name)
    takes = " or ".join(option.values) or option.note or "any text"
    if option.values and option.note:
        takes += f" ({option.note})"
    if option.default:
        takes += f"; {option.default} where left out"
    return f"{takes}; required" if option.required else takes


def _dates(entry: ReportType) -> str:
    """Return the rule for start and end."""
    match entry.period:
        case "none":
            return "none: the request takes no dates"
        case None:
            return "required" * entry.dates_required
        case str() as rule if rule.startswith("option:"):
            rule = f"the length that {rule.removeprefix('option:')} names"
        case rule:
            rule = f"a {rule}"
    spans = [f"{count} {name}" for name, count in entry.max_periods.items()]
    most = f"; one report covers at most {' or '.join(spans)}" if spans else ""
    return f"bounds of whole periods of {rule} (weeks run Sunday to Saturday){most}"


def _history(entry: ReportType) -> str:
    """Return how far back a report can be made for."""
    spans = [f"{entry.history_days} days"] if entry.history_days else []
    spans += [f"{count} {name}" for name, count in entry.history_periods.items()]
    return f"at most {' or '.join(spans)} back" if spans else ""


def _headers(others: int) -> str:
    """Return how many headers are known beside those of the tables below."""
    return f"{others} of other languages or spellings are known too" if others else ""


def _days(before: str, days: int | None, after: str = "") -> str:
    """Return a number of days in words."""
    return f"{before} {days} days {after}".rstrip() if days else ""


def _time(seconds: int | None) -> str:
    """Return how long Amazon makes no newer copy."""
    return f"one in {timedelta(seconds=seconds)} (h:mm:ss) at most" if seconds else ""

"""Write the catalogue files of spreports from the reference CSVs.

    python tools/write_catalogue.py FOLDER

FOLDER holds report_types.csv, columns.csv, record_paths.csv, localized_headers.csv and
marketplaces.csv; what they do not say stands in catalogue.toml beside this script, and
so does every correction made by hand. The same input gives the same bytes. Files of
types that are gone are removed.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spreports.catalog.entry import ReportType  # noqa: E402 - the checkout, not a wheel
from spreports.catalog.files import parse_entry  # noqa: E402 - as above
from spreports.catalog.parts import Column, Option, Table  # noqa: E402 - as above
from tools.as_toml import as_toml  # noqa: E402 - as above

Row = dict[str, str]
CATALOG = ROOT / "spreports" / "catalog"
KNOWN = Path(__file__).with_name("catalogue.toml")
# Keys of [types.X] that are no key of a catalogue file.
OURS = (
    "formats",
    "header_aliases",
    "headers_without_spaces",
    "add_note",
    "separators",
    "defaults",
    "summary_columns",
    "extra_columns",
    "lists",
    "dtypes",
    "stands_for",
    "notes",
    "no_value",
    "marketplace_formats_of",
)
# First line of every file.
HEAD = (
    "# Written by tools/write_catalogue.py: corrections go to tools/catalogue.toml.\n"
)


def main(arguments: list[str] | None = None) -> int:
    """Write all files and the index; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="folder of the reference CSVs")
    parser.add_argument("--to", type=Path, default=CATALOG, help="catalogue folder")
    given = parser.parse_args(arguments)
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    entries = sorted(
        build(given.folder, known), key=lambda entry: (entry.family, entry.report_type)
    )
    write(entries, given.to)
    print(f"{len(entries)} report types written")
    return 0


def build(folder: Path, known: dict[str, Any]) -> Iterable[ReportType]:
    """Yield one entry per line of report_types.csv."""
    columns = grouped(read(folder / "columns.csv"))
    paths = grouped(read(folder / "record_paths.csv"))
    headers = grouped(read(folder / "localized_headers.csv"))
    aliases = {full: alias for alias, full in known["aliases"].items()}
    days = {
        row["country_code"]: known["marketplace_dates"][row["feedback_date_format"]]
        for row in read(folder / "marketplaces.csv")
        if row["feedback_date_format"]
    }
    for country, form in known["feedback_dates"].items():
        days[country] = known["marketplace_dates"][form]
    used: set[str] = set()
    for row in read(folder / "report_types.csv"):
        full = row["report_type"]
        facts = known["types"].get(full, {})
        used |= {full} & set(known["types"])
        tables = tuple(build_tables(row, columns[full], paths[full], known, facts))
        entry = build_entry(row, columns[full], aliases.pop(full, None), known, facts)
        spoken_as = known["same_headers"].get(full, full)
        spoken = {row["header"]: row["canonical"] for row in headers[spoken_as]}
        spoken |= known["localized_headers"].get(spoken_as, {})
        entry = replace(
            entry,
            tables=tables,
            header_aliases=header_aliases(tables, spoken, facts, full),
        )
        dated = any("by-marketplace" in c.formats for t in tables for c in t.columns)
        if dated and not entry.marketplace_formats:  # those of feedback
            formats = {country: tuple(days[country]) for country in sorted(days)}
            entry = replace(entry, marketplace_formats=formats)
        yield entry
    if aliases or used != set(known["types"]):
        left = sorted({*aliases, *(set(known["types"]) - used)})
        msg = f"catalogue.toml names types that report_types.csv lacks: {left}"
        raise SystemExit(msg)


def build_entry(
    row: Row, columns: list[Row], alias: str | None, known: Any, facts: Any
) -> ReportType:
    """Return an entry without its tables."""
    note = "; ".join(part for part in (row["notes"], facts.get("add_note", "")) if part)
    cooldown = next((s for p, s in known["cooldowns"].items() if p in note), None)
    used = next((u for p, u in known["marketplaces_used"].items() if p in note), None)
    window = row["max_window_days"]
    values: dict[str, Any] = {
        "report_type": row["report_type"],
        "alias": alias,
        "family": row["family"],
        "title": row["title"],
        "format": row["format"] or None,
        "charset": row["default_encoding"] or None,
        "quoting": row["format"] == "csv",
        "restricted": row["restricted"] == "true",
        # not known: let Amazon decide
        "requestable": row["requestable"] != "false",
        "schedulable": row["schedulable"] != "false",
        "deprecated": row["deprecated"] == "true",
        "seller_or_vendor": row["seller_or_vendor"],
        "max_window_days": int(window) if window else None,
        "marketplaces_used": used or "all",
        "cooldown_seconds": cooldown,
        "options": tuple(build_options(row["report_options"], facts)),
        "note": note,
        "source": source(row, columns),
    }
    values |= {key: value for key, value in facts.items() if key not in OURS}
    of = facts.get("marketplace_formats_of", row["report_type"])
    own = known["types"].get(of, {}).get("marketplace_formats", {})
    values["marketplace_formats"] = {name: tuple(own[name]) for name in sorted(own)}
    return ReportType(**values)


def source(row: Row, columns: list[Row]) -> str:
    """Name where a type's facts and its columns come from."""

    def plain(text: str) -> str:
        text = text.replace("json_schemas/", "selling-partner-api-models schema ")
        return text.replace("json_schemas", "selling-partner-api-models schemas")

    of_columns = dict.fromkeys(column["source"] for column in columns)
    named = [plain(row["source"])]
    if of_columns:
        named.append(f"columns: {plain(', '.join(of_columns))}")
    return "; ".join(named)


def build_options(text: str, facts: Any) -> Iterable[Option]:
    """Yield the options of ``name (A|B) required; name (any words)``."""
    for part in re.split(r"; (?![^(]*\))", text):
        if not part:
            continue
        match = re.fullmatch(r"(\S+)(?: \((.*?)\))?((?: \w+)*)", part)
        if match is None:
            msg = f"report_options not understood: {part!r}"
            raise SystemExit(msg)
        name, inside, rest = match[1], match[2] or "", match[3].strip()
        words = inside.split("|")
        closed = len(words) > 1 or inside == "true"
        said = re.match(r"default (\S+)$", rest)
        default = said[1] if said else facts.get("defaults", {}).get(name, "")
        other = "" if said else rest.removeprefix("required").strip()
        note = "; ".join(one for one in ("" if closed else inside, other) if one)
        yield Option(
            name=name,
            values=tuple(words) if closed else (),
            required=rest.startswith("required"),
            default=default,
            separator=facts.get("separators", {}).get(name, ""),
            note=note,
        )


def build_tables(
    row: Row, columns: list[Row], paths: list[Row], known: Any, facts: Any
) -> Iterable[Table]:
    """Yield one table per record array or element; what nests stays in its record."""
    if row["format"] not in {"json", "xml"}:
        more = extra_columns(facts, "rows", whole=not columns)
        flat = tuple(build_columns([*columns, *more], "", known, facts))
        if flat:
            yield Table(name="rows", columns=flat)
        if summary := facts.get("summary_columns"):
            columns_of = {column.name: column for column in flat}
            yield Table(
                name="summary",
                columns=tuple(replace(columns_of[name], note="") for name in summary),
            )
        return
    for path in (path for path in paths if not path["parent_path"]):
        record = path["record_path"]
        if row["format"] == "xml" and record.endswith("[]"):
            continue  # nests in a record element that is not documented
        if row["format"] == "json":
            inside = [c for c in columns if c["column"].startswith(f"{record}.")]
            prefix = f"{record}."
        else:
            inside, prefix = columns, ""
        inside = [*inside, *extra_columns(facts, path["table"])]
        yield Table(
            name=path["table"],
            path=record.removesuffix("[]"),
            columns=tuple(build_columns(inside, prefix, known, facts)),
        )


def extra_columns(facts: Any, table: str, *, whole: bool = False) -> Iterable[Row]:
    """Yield columns that columns.csv lacks, as its rows.

    A document may lack them, unless they are the whole of what is known of its header.
    """
    plain = {"nullable": "true", "primary_key": "false", "date_format": ""}
    notes = "" if whole else "optional:"
    for name, dtype in facts.get("extra_columns", {}).get(table, {}).items():
        yield {"column": name, "dtype": dtype, "notes": notes, **plain}


def build_columns(
    rows: list[Row], prefix: str, known: Any, facts: Any
) -> Iterable[Column]:
    """Yield the columns of one table, named from its record."""
    for row in rows:
        name = row["column"]
        for path in facts.get("lists", ()):
            name = name.replace(f"{path}/", f"{path}[]/")
        name = name.removeprefix(prefix)
        optional = row["notes"].startswith("optional:")
        note = row["notes"].removeprefix("optional:").strip()
        currency = note == "@currency attribute"
        note = known["column_notes"]["replace"].get(note, note)
        says_dtype = (
            row["dtype"] == "boolean" and note in known["boolean_notes"]["drop"]
        )
        if currency or says_dtype or note in known["column_notes"]["drop"]:
            note = ""
        dated = row["dtype"] in {"date", "timestamp"} and row["date_format"]
        formats = known["dates"].get(row["date_format"], None) if dated else []
        if formats is None:  # prose that tells no format
            formats, note = [], "; ".join(p for p in (note, row["date_format"]) if p)
        dtype = facts.get("dtypes", {}).get(name, row["dtype"])
        empty = [] if dtype == "string" else facts.get("no_value", [])
        yield Column(
            name=name,
            dtype=dtype,
            formats=tuple(facts.get("formats", {}).get(name, formats)),
            stands_for=facts.get("stands_for", {}).get(name, dict.fromkeys(empty, "")),
            optional=optional,
            nullable=row["nullable"] == "true",
            key=row["primary_key"] == "true",
            note=facts.get("notes", {}).get(name, note),
        )
        if currency:
            yield Column(name=f"{name}/@currency", dtype="string")


def header_aliases(
    tables: tuple[Table, ...], spoken: Mapping[str, str], facts: Any, full: str
) -> Mapping[str, str]:
    """Return served headers that stand for a catalogued one."""
    names = {column.name for table in tables for column in table.columns}
    found = {served: name for served, name in spoken.items() if name in names}
    found |= facts.get("header_aliases", {})
    if facts.get("headers_without_spaces"):
        found |= {name.replace(" ", ""): name for name in sorted(names)}
        found |= {re.sub("[ /]", "", name): name for name in sorted(names)}
    wrong = {to for to in found.values() if to not in names}
    if wrong:
        msg = f"{full}: aliases of headers that it lacks: {sorted(wrong)}"
        raise SystemExit(msg)
    return {served: name for served, name in found.items() if served not in names}


def write(entries: list[ReportType], to: Path) -> None:
    """Write the files and the index; remove files that no entry has."""
    wanted: set[Path] = set()
    lines = ["alias,report_type,family,file"]
    for entry in entries:
        file = f"{entry.family}/{entry.report_type}.toml"
        path = to / "types" / file
        text = HEAD + as_toml(entry)
        if parse_entry(text, file) != entry:
            msg = f"{file} does not read back as it was written"
            raise SystemExit(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        wanted.add(path)
        lines.append(f"{entry.alias or ''},{entry.report_type},{entry.family},{file}")
    for path in sorted((to / "types").rglob("*.toml")):
        if path not in wanted:
            path.unlink()
    index = "\n".join(lines) + "\n"
    (to / "index.csv").write_text(index, encoding="utf-8", newline="\n")


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def grouped(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    """Return rows by report type, in their order."""
    by_type: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_type[row["report_type"]].append(row)
    return by_type


if __name__ == "__main__":
    sys.exit(main())

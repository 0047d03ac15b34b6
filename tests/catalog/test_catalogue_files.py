"""The TOML form: strict reading, writing back, own files on top of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports import catalog
from spreports.catalog import Catalogue, Column, Option, ReportType, Table
from spreports.catalog.files import parse_entry
from spreports.catalog.words import BY_MARKETPLACE, DATE_FORMATS, DTYPES, FORMATS
from spreports.errors import ConfigError
from tools.as_toml import as_toml

SMALL = """
report_type = "GET_OWN_REPORT"
alias = "own"
format = "tsv"

[[options]]
name = "reportPeriod"
values = ["DAY", "WEEK"]
required = true

[[tables]]
name = "rows"
columns = [
  { name = "order-id", dtype = "string", key = true },
  { name = "day", dtype = "date", formats = ["%d.%m.%Y"] },
]
"""


def test_every_word_of_every_entry_is_from_its_list() -> None:
    for entry in catalog.entries():
        assert entry.format is None or entry.format in FORMATS
        assert entry.seller_or_vendor in {"seller", "vendor", "both"}
        for table in entry.tables:
            assert len({c.name for c in table.columns}) == len(table.columns)
            for column in table.columns:
                assert column.dtype in DTYPES
                assert set(column.formats) <= DATE_FORMATS
                assert not column.formats or column.dtype in {"date", "timestamp"}
                assert not column.note.startswith("optional")
                marked = BY_MARKETPLACE in column.formats
                assert not marked or entry.marketplace_formats
        for name in entry.header_aliases.values():
            assert any(name == c.name for t in entry.tables for c in t.columns)
        assert len({table.name for table in entry.tables}) == len(entry.tables)


def test_every_entry_reads_back_as_it_is_written() -> None:
    for entry in catalog.entries():
        assert parse_entry(as_toml(entry), "again") == entry


word = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
columns = st.builds(
    Column,
    name=word,
    dtype=st.sampled_from(sorted(DTYPES - {"date", "timestamp"})),
    optional=st.booleans(),
    nullable=st.booleans(),
    key=st.booleans(),
    note=word,
)
tables = st.builds(
    Table,
    name=word,
    path=word,
    columns=st.lists(columns, max_size=4, unique_by=lambda c: c.name).map(tuple),
)


@given(
    entry=st.builds(
        ReportType,
        report_type=word,
        alias=st.none() | word,
        title=word,
        note=word,
        quoting=st.booleans(),
        cooldown_seconds=st.none() | st.integers(0, 10**6),
        tables=st.lists(tables, max_size=2, unique_by=lambda t: t.name).map(tuple),
        header_aliases=st.dictionaries(word, word, max_size=3),
    )
)
def test_any_text_survives_the_form(entry: ReportType) -> None:
    assert parse_entry(as_toml(entry), "law") == entry


def test_an_own_file_adds_a_type(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SMALL, encoding="utf-8")

    entry = Catalogue().with_file(path).lookup("own")

    assert entry == ReportType(
        report_type="GET_OWN_REPORT",
        alias="own",
        format="tsv",
        options=(Option(name="reportPeriod", values=("DAY", "WEEK"), required=True),),
        tables=(
            Table(
                name="rows",
                columns=(
                    Column(name="order-id", dtype="string", key=True),
                    Column(name="day", dtype="date", formats=("%d.%m.%Y",)),
                ),
            ),
        ),
    )


def test_an_own_file_changes_only_what_it_states_of_a_type_it_extends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "orders.toml"
    path.write_text(
        """
        extends = "orders"
        max_window_days = 31
        header_aliases = { Menge = "quantity" }
        [[tables]]
        name = "rows"
        columns = [
          { name = "quantity", dtype = "float64" },
          { name = "my-extra", dtype = "boolean", optional = true },
        ]
        """,
        encoding="utf-8-sig",  # as some editors write it
    )
    ours = catalog.lookup("orders")

    entry = Catalogue().with_file(path).lookup("orders")

    assert entry.report_type == ours.report_type
    assert (entry.title, entry.max_window_days) == (ours.title, 31)
    names = [column.name for column in entry.columns()]
    assert names == [*(column.name for column in ours.columns()), "my-extra"]
    assert entry.columns()[13] == Column(name="quantity", dtype="float64")
    assert entry.column("Menge") == entry.column("quantity")
    assert catalog.lookup("orders") is ours


def test_a_type_like_another_does_not_take_its_alias(tmp_path: Path) -> None:
    path = tmp_path / "like.toml"
    path.write_text(
        'extends = "orders"\nreport_type = "GET_LIKE_ORDERS"\n'
        'marketplace_formats.A1NEWMARKET000 = ["%d/%m/%Y"]\n'
    )

    more = Catalogue().with_file(path)

    assert "A1NEWMARKET000" in more.lookup("GET_LIKE_ORDERS").marketplace_formats
    assert more.lookup("GET_LIKE_ORDERS").columns() == more.lookup("orders").columns()
    assert more.lookup("GET_LIKE_ORDERS").alias is None


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("alias =", "alia =", "alia", "did you mean 'alias'"),
        ('"own"', "7", "alias", "is text, not int"),
        ('"tsv"', '"tvs"', "format", "did you mean 'tsv'"),
        ("required = true", 'required = "yes"', "options[0].required", "true or false"),
        ('["DAY", "WEEK"]', '"DAY"', "options[0].values", "is a list, not str"),
        ('dtype = "date"', 'dtype = "int"', "tables[0].columns[1].dtype", "'int64'"),
        ('dtype = "date"', 'dtyp = "date"', "tables[0].columns[1].dtyp", "'dtype'"),
        ('dtype = "date"', 'dtype = "string"', "columns[1].formats", "does not go"),
        (
            'dtype = "date", formats = ["%d.%m.%Y"]',
            'dtype = "string", stands_for = { x = "" }',
            "columns[1].stands_for",
            "does not go",
        ),
        ("%d.%m.%Y", "%d.%m.%y %H", "tables[0].columns[1].formats[0]", "knows no"),
        ('name = "day"', 'name = "order-id"', "tables[0].columns", "'order-id' twice"),
        ('name = "day", ', "", "tables[0].columns[1]", "lacks the key 'name'"),
        ('name = "day"', 'name = ""', "tables[0].columns[1].name", "is empty"),
        ('report_type = "GET_OWN_REPORT"', "", "", "lacks the key 'report_type'"),
        ("alias =", "history_days = -1\nalias =", "history_days", "0 or more"),
        ("alias =", "max_window_days = 0\nalias =", "max_window_days", "1 or more"),
        ("alias =", "window_days = 0\nalias =", "window_days", "1 or more"),
        ("alias =", "max_periods = 3\nalias =", "max_periods", "is a table"),
        ("alias =", "max_periods.WEEK = 0\nalias =", "max_periods.WEEK", "1 or more"),
        ("alias =", "max_periods.WEEKS = 1\nalias =", "max_periods.WEEKS", "'WEEK'"),
        ("alias =", "history_periods.day = 1\nalias =", "history_periods.day", "'DAY'"),
        ("alias =", "marketplace_formats.UK = []\nalias =", "formats.UK", "is 'GB'"),
        ("alias =", "marketplace_formats.de = []\nalias =", "formats.de", "as 'DE'"),
        ("alias =", 'period = "DAILY"\nalias =', "period", "knows no 'DAILY'"),
        ("alias =", 'extends = "ordrs"\nalias =', "extends", "did you mean 'orders'"),
        ("alias =", 'extends = "GET_ORDRS"\nalias =', "extends", "has no 'GET_ORDRS'"),
        ("alias =", "alias = =", "", "is not TOML"),
        ("GET_OWN_REPORT", "own report", "", "form of a report type"),
        ('"own"', '"orders"', "", "alias 'orders' is"),
    ],
)
def test_a_slip_is_an_error_that_names_file_and_key(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    path = tmp_path / "slip.toml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        Catalogue().with_file(path)

    assert "slip.toml" in str(caught.value)
    assert key in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml cannot be read"):
        Catalogue().with_file(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(ConfigError, match=r"latin\.toml cannot be read"):
        Catalogue().with_file(tmp_path / "latin.toml")

"""The generator of the catalogue files, as far as it can be run without its CSVs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from spreports import catalog
from spreports.catalog import Column, Option, catalogue
from spreports.catalog.files import parse_entry
from tools.as_toml import as_toml

TOOL = Path(__file__).parents[2] / "tools" / "write_catalogue.py"
HEADERS = {
    "report_types": (
        "report_type,family,title,format,default_encoding,restricted,requestable,"
        "schedulable,max_window_days,report_options,seller_or_vendor,deprecated,"
        "source,notes"
    ),
    "columns": (
        "report_type,position,column,dtype,nullable,primary_key,date_format,notes,"
        "table,source"
    ),
    "record_paths": "report_type,format,record_path,table,parent_path,n_columns,notes",
    "localized_headers": "report_type,locale,position,header,canonical,source",
    "marketplaces": "country_code,feedback_date_format",
}
TYPES = (
    "GET_A_FLAT,own,A,tsv,header,true,,false,30,"
    "ask (X|Y) required; any (a word); way (P|Q) default P,"
    'seller,false,a page,"daily: new file at most every 4 h"',
    "GET_A_JSON,own,B,json,utf-8,false,true,,,,vendor,false,json_schemas,",
)
COLUMNS = (
    "GET_A_FLAT,1,id,string,false,true,,,rows,a page",
    "GET_A_FLAT,2,day,date,true,false,MM/dd/yyyy,optional: newer,rows,a page",
    "GET_A_JSON,1,reportSpecification.x,string,true,false,,echo,,json_schemas/b.json",
    "GET_A_JSON,2,list[].money.amount,decimal,true,false,,,list[],json_schemas/b.json",
)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    folder = tmp_path / "csvs"
    folder.mkdir()
    rows = {
        "report_types": TYPES,
        "columns": COLUMNS,
        "record_paths": ("GET_A_JSON,json,list[],list,,1,record array",),
        "localized_headers": ("GET_A_FLAT,de_DE,2,Tag,day,sample",),
        "marketplaces": ("DE,d.M.yy",),
    }
    for name, header in HEADERS.items():
        text = "\n".join((header, *rows[name])) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def known(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in for catalogue.toml, for types of this test's own."""
    text = Path(tool.KNOWN).read_text(encoding="utf-8")
    start, end = text.index("# The date forms"), text.index("# Headers that are")
    own = (
        '[aliases]\na_flat = "GET_A_FLAT"\n'
        + text[start:end]
        + '[same_headers]\n[localized_headers.GET_A_FLAT]\nJour = "day"\nY = "gone"\n'
        "[types.GET_A_FLAT]\npad_short_rows = true\n"
        'no_value = ["--"]\n[types.GET_A_FLAT.extra_columns.rows]\nlate = "int64"\n'
        "[types.GET_A_JSON]\n"
        'dtypes = { "money.amount" = "int64" }\n'
        '[types.GET_A_JSON.stands_for]\n"money.amount" = { y = "1" }\n'
        '[types.GET_A_JSON.notes]\n"money.amount" = "1 is y"\n'
    )
    path = tmp_path / "catalogue.toml"
    path.write_text(own, encoding="utf-8")
    monkeypatch.setattr(tool, "KNOWN", path)


def test_the_files_are_as_the_generator_writes_them(tool: ModuleType) -> None:
    for line in catalogue._index().values():
        entry = catalog.lookup(line.report_type)
        assert catalogue._read_text(line.file) == tool.HEAD + as_toml(entry), line.file


@pytest.mark.usefixtures("known")
def test_facts_of_the_csvs_and_corrections_come_together(
    tool: ModuleType, reference: Path, tmp_path: Path
) -> None:
    assert tool.main([str(reference), "--to", str(tmp_path / "out")]) == 0

    entry = parse_entry(
        (tmp_path / "out/types/own/GET_A_FLAT.toml").read_text(encoding="utf-8"), "a"
    )
    assert (entry.alias, entry.restricted, entry.requestable) == ("a_flat", True, True)
    assert (entry.max_window_days, entry.cooldown_seconds) == (30, 14400)
    assert entry.pad_short_rows
    assert entry.options == (
        Option(name="ask", values=("X", "Y"), required=True),
        Option(name="any", note="a word"),
        Option(name="way", values=("P", "Q"), default="P"),
    )
    assert entry.header_aliases == {"Tag": "day", "Jour": "day"}
    assert entry.columns()[1].formats == ("%m/%d/%Y",)
    assert [c.stands_for for c in entry.columns()] == [{}, {"--": ""}, {"--": ""}]
    assert entry.columns()[2] == Column(
        name="late", dtype="int64", stands_for={"--": ""}, optional=True
    )
    assert (entry.columns()[1].optional, entry.columns()[1].note) == (True, "newer")
    other = parse_entry(
        (tmp_path / "out/types/own/GET_A_JSON.toml").read_text(encoding="utf-8"), "b"
    )
    assert [(table.path, table.columns) for table in other.tables] == [
        (
            "list",
            (
                Column(
                    name="money.amount",
                    dtype="int64",
                    stands_for={"y": "1"},
                    note="1 is y",
                ),
            ),
        )
    ]


@pytest.mark.usefixtures("known")
def test_a_second_run_writes_the_same_bytes_and_removes_what_is_gone(
    tool: ModuleType, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def written() -> dict[str, bytes]:
        files = (path for path in out.rglob("*") if path.is_file())
        return {str(path.relative_to(out)): path.read_bytes() for path in files}

    tool.main([str(reference), "--to", str(out)])
    first = written()
    (out / "types" / "own" / "GET_GONE.toml").write_text("", encoding="utf-8")
    tool.main([str(reference), "--to", str(out)])

    assert written() == first
    assert len(first) == 3


def test_a_correction_of_a_type_that_is_gone_stops_the_generator(
    tool: ModuleType, reference: Path, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"types that report_types\.csv lacks"):
        tool.main([str(reference), "--to", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()

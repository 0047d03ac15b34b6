"""Where no Delta table can lie, and what the system says of one that it refuses."""

from __future__ import annotations

import os
import re
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from spreports.load.delta import sink_delta
from spreports.load.object_store import delta_options
from tests.load.delta_writer import report
from tests.load.lake import Bucket

# What deltalake's parser of URLs takes literally, or quotes and takes back
NAMED = "!\"$%&'()*+,-.:;<=>@_`{}~ 100% ü 日本"


@pytest.mark.skipif(os.name != "posix", reason="other characters stand in paths")
@pytest.mark.parametrize(
    "letter", ["[", "]", "^", "|", "\\", "%20", "%25", "\t", "\x7f"]
)
def test_a_path_that_delta_lake_cannot_name_is_an_error_that_says_so(
    letter: str, tmp_path: Path
) -> None:
    folder = tmp_path / f"la{letter}ke"

    with pytest.raises(spr.SinkError, match=r"at a local path with .* in it: choose"):
        sink_delta([report("1", [1])], folder)

    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_looked_at_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a|b").mkdir()
    monkeypatch.chdir(tmp_path / "a|b")

    with pytest.raises(spr.SinkError, match=r"at a local path with '\|' in it"):
        sink_delta([report("1", [1])], "lake")


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        *((f"la{odd}ke", odd) for odd in ("[", "]", "^", "|", "\\", "%2F", "\x7f")),
        *((f"la{odd}ke", odd) for odd in ("#", "?", "\t", "//")),
        ("la/./ke", "/."),
        ("../lake", "/.."),
        ("lake/..", "/.."),
        ("lake ", "lake "),
    ],
)
def test_a_url_that_delta_lake_takes_for_another_than_fsspec_does_is_refused(
    path: str, odd: str
) -> None:
    told = re.escape(f"at a URL with {odd!r} in it: choose")
    with pytest.raises(spr.SinkError, match=told):
        sink_delta([report("1", [1])], f"s3://bucket/{path}")


def test_a_table_on_s3_lies_where_fsspec_finds_it_whatever_its_name(
    bucket: Bucket,
) -> None:
    url = f"s3://{bucket.name}/{NAMED}/lake//"

    sink_delta([report("1", [1, 2])], url, storage_options=bucket.options)

    assert {path.split("/")[0] for path in bucket.objects()} == {NAMED}
    assert f"{NAMED}/lake/_delta_log/{0:020}.json" in bucket.objects()
    storage = delta_options(url, bucket.options)
    frame = pl.scan_delta(url, storage_options=storage, use_pyarrow=True)
    assert sorted(frame.collect()["n"]) == [1, 2]


def test_a_local_table_lies_where_its_path_says_whatever_its_name(
    tmp_path: Path,
) -> None:
    folder = tmp_path / f"{NAMED}#?"

    sink_delta([report("1", [1, 2])], folder)

    assert list(tmp_path.iterdir()) == [folder]
    frame = pl.scan_delta(folder, use_pyarrow=True)
    assert sorted(frame.collect()["n"]) == [1, 2]


def test_what_the_system_refuses_is_told_in_its_words_and_without_the_value(
    tmp_path: Path,
) -> None:
    value = "s" * 300
    rows = report("1", [1], sku=pa.array([value]))

    with pytest.raises(spr.SinkError, match="File name too long") as caught:
        sink_delta([rows], tmp_path / "lake", partition_by=["sku"])

    assert value not in str(caught.value)

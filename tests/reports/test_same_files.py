"""The files of a document are the same bytes, however fast it came."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from spreports.catalog import ReportType, lookup
from spreports.fetch.document import open_batches
from spreports.fetch.read_options import ReadOptions
from spreports.load.parquet import sink
from tests.fetch.documents import UTF_8, entry
from tests.fetch.json_reports import opener
from tests.load.lake import tree

ROWS = 30_000
UNKNOWN = entry(known=False, format=None)


def flat() -> bytes:
    """Give rows of a number, a long name, a day and a few words."""
    rows = (
        f"{n:07}\t{'name ' * (n % 23)}{n * n}\t2026-01-{n % 28 + 1:02}\t{n % 5}\n"
        for n in range(ROWS)
    )
    return b"n\tname\tday\tfew\n" + "".join(rows).encode()


def records() -> bytes:
    found = [
        {"departmentName": f"d{n % 5}", "searchTerm": "term " * (n % 23) + str(n * n)}
        for n in range(ROWS)
    ]
    return json.dumps({"dataByDepartmentAndSearchTerm": found}).encode()


TERMS = lookup("GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT")


@pytest.mark.slow
@pytest.mark.parametrize("keys", [(), ("day",)], ids=["one file", "partitions"])
@pytest.mark.parametrize("compressed", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize(
    ("kind", "document"), [(UNKNOWN, flat), (TERMS, records)], ids=["flat", "json"]
)
def test_files_are_the_same_bytes_however_a_document_came(
    tmp_path: Path,
    kind: ReportType,
    document: Callable[[], bytes],
    compressed: bool,
    keys: tuple[str, ...],
) -> None:
    stored = gzip.compress(document(), 1) if compressed else document()
    keys = ("departmentName",) if keys and kind is TERMS else keys
    found = []
    for number, step in enumerate((len(stored), 70_001, 9_000)):
        batches = open_batches(
            opener(stored, step),
            kind,
            ReadOptions(coded=True),
            content_type=UTF_8,
        )
        sink(batches, tmp_path / str(number), stem="d", partition_by=keys)
        found.append(tree(tmp_path / str(number)))
    assert found[0] == found[1] == found[2]
    assert found[0]

"""Paths are told from URLs as fsspec tells them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem
from hypothesis import given
from hypothesis import strategies as st

from spreports.load.urls import local_path

READ = """
import sys
import spreports as spr

spr.open_document("orders.txt", report_type="orders").sink("lake/orders")
print("fsspec" in sys.modules)
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere fsspec is asked for all")
@given(
    url=st.one_of(
        st.text("ab/.~: *", min_size=1, max_size=8),
        st.sampled_from(["memory://a", "data:,a", "file:a", "zip://a::b", "C:\\a", ""]),
    )
)
def test_a_path_is_what_fsspec_takes_it_for(url: str) -> None:
    path = local_path(url)

    assert path is not None or url[:1] in {"", ".", "~"} or ":" in url
    if path is not None:
        fs, theirs = fsspec.url_to_fs(url)
        assert isinstance(fs, LocalFileSystem)
        assert path.rstrip("/") == theirs.rstrip("/")


@pytest.mark.slow
def test_a_file_of_this_machine_is_read_and_written_without_fsspec(
    tmp_path: Path,
) -> None:
    text = "amazon-order-id\tsku\n1\ta\n"
    (tmp_path / "orders.txt").write_text(text)

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", READ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"
    (file,) = (tmp_path / "lake" / "orders").glob("*.parquet")
    assert pq.read_table(file).num_rows == 1

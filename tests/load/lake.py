"""Ways to read rows back, for the tests of the load room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.load.marker import Marker


@dataclass(frozen=True)
class Bucket:
    """An empty bucket and how to reach it."""

    url: str
    options: dict[str, Any]
    fs: Any
    name: str

    def objects(self) -> set[str]:
        """Every object, asked of the server."""
        self.fs.invalidate_cache()
        return {path.partition("/")[2] for path in self.fs.find(self.name)}

    def open_uploads(self) -> list[Any]:
        return list(self.fs.list_multipart_uploads(self.name))


def markers(url: str | Path, options: dict[str, Any] | None = None) -> list[Marker]:
    """What counts in a data root, by stem: as whoever reads or keeps it sees it."""
    state = read_state(Place.open(url, options))
    return [state.markers[stem] for stem in sorted(state.markers)]


def tree(root: Path) -> dict[str, bytes]:
    """Give every file below a folder, with its bytes."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def by_polars(root: Path, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    frame = pl.scan_parquet(
        root, hive_partitioning=True, hive_schema=dict.fromkeys(keys, pl.String)
    )
    return frame.select(*keys, "n").sort("n").collect().rows()


def by_pyarrow(root: Path, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    types = pa.schema([(key, pa.string()) for key in keys])
    found = ds.dataset(root, partitioning=ds.partitioning(types, flavor="hive"))
    table = found.to_table(columns=[*keys, "n"]).sort_by("n")
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def by_duckdb(root: Path, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    types = ", ".join(f"'{key}': VARCHAR" for key in keys)
    columns = ", ".join(f'"{key}"' for key in [*keys, "n"])
    with duckdb.connect() as connection:
        found: list[tuple[Any, ...]] = connection.execute(
            f"SELECT {columns} FROM read_parquet(?, hive_partitioning=true,"
            f" hive_types={{{types}}}) ORDER BY n",
            [f"{root}/**/*.parquet"],
        ).fetchall()
    return found


def numbers(root: Path) -> list[int]:
    """Every `n` below a root, sorted, wherever it stands."""
    found: list[int] = []
    for path in root.rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        if "n" in table.schema.names:
            found += table["n"].to_pylist()
        else:
            n = next(p for p in path.parts if p.startswith("n="))
            found += [int(n[2:])] * table.num_rows
    return sorted(found)

"""The search terms document as the peers are told of it."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

RECORDS = "dataByDepartmentAndSearchTerm"
COLUMNS = {
    "departmentName": pl.String(),
    "searchTerm": pl.String(),
    "searchFrequencyRank": pl.Int64(),
    "clickedAsin": pl.String(),
    "clickShareRank": pl.Int64(),
    "clickShare": pl.Float64(),
    "conversionShare": pl.Float64(),
}
ARROW = pl.DataFrame(schema=COLUMNS).to_arrow().schema
SHARE = pa.decimal128(38, 6)
EXACT = pa.schema(
    [
        pa.field(field.name, SHARE if field.type == pa.float64() else field.type)
        for field in ARROW
    ]
)

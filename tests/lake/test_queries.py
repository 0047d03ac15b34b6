"""Whatever polars makes of a query, a scan answers it as its rows in memory would."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import SHARED_FIXTURE
from tests.lake.lakes import Lakeside

pytestmark = pytest.mark.usefixtures("kind_of_reading")

Step = Callable[[pl.LazyFrame], pl.LazyFrame]
QUANTITY, SKU = pl.col("quantity"), pl.col("sku")
CONDITIONS = [
    QUANTITY > 5,
    QUANTITY % 3 == 0,
    QUANTITY.is_null(),
    SKU == "b",
    SKU.is_in(["a", "c"]),
    SKU.is_not_null() & (QUANTITY < 20),
    pl.col("report_id") != "2",
    pl.lit(value=True),
]
STEPS: dict[str, Step] = {
    **{
        f"filter {number}": lambda frame, each=each: frame.filter(each)  # type: ignore[misc]  # bound now
        for number, each in enumerate(CONDITIONS)
    },
    "head 3": lambda frame: frame.head(3),
    "head 14": lambda frame: frame.head(14),
    "tail 9": lambda frame: frame.tail(9),
    "slice": lambda frame: frame.slice(4, 12),
    "slice from the end": lambda frame: frame.slice(-8, 5),
    "drop nulls": lambda frame: frame.drop_nulls("sku"),
    "changed": lambda frame: frame.with_columns(quantity=QUANTITY + 1),
    "sorted": lambda frame: frame.sort("quantity", "sku", maintain_order=True),
}
ENDS: dict[str, Step] = {
    "all": lambda frame: frame,
    "one column": lambda frame: frame.select("sku"),
    "another order": lambda frame: frame.select("quantity", "report_id"),
    "how many": lambda frame: frame.select(pl.len()),
    "a constant": lambda frame: frame.select(pl.lit(1).alias("one"), pl.len()),
    "numbered": lambda frame: frame.with_row_index().select("index"),
    "numbered, how many": lambda frame: frame.with_row_index().select(pl.len()),
    "by numbers": lambda frame: (
        frame.with_row_index().group_by(pl.col("index") // 4, maintain_order=True).len()
    ),
    "sums": lambda frame: frame.group_by("sku", maintain_order=True).agg(
        QUANTITY.sum(), pl.len()
    ),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lakeside:
    lake = Lakeside(str(tmp_path_factory.mktemp("queries") / "lake"), {}, None)
    for report, rows in enumerate([7, 1, 0, 12, 5]):
        skus = [[*"abc", None][(report + row) % 4] for row in range(rows)]
        counts = [None if row % 5 == 4 else report * 3 + row for row in range(rows)]
        table = pa.table(
            {"sku": pa.array(skus, pa.string()), "quantity": pa.array(counts, "int64")}
        )
        by = ["sku"] if report % 2 else []
        lake.put(str(report), table, day=report, partition_by=by)
    return lake


@pytest.mark.slow
@settings(max_examples=120, suppress_health_check=SHARED_FIXTURE)
@given(
    steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=4),
    end=st.sampled_from(sorted(ENDS)),
    engine=st.sampled_from(["in-memory", "streaming"]),
)
def test_any_chain_of_steps_gives_what_it_gives_in_memory(
    lake: Lakeside, steps: list[str], end: str, engine: str
) -> None:
    def asked(frame: pl.LazyFrame) -> pl.LazyFrame:
        for name in steps:
            frame = STEPS[name](frame)
        return ENDS[end](frame)

    scanned = lake.scan(metadata=True)
    whole = scanned.collect()

    found = asked(scanned).collect(engine=engine)  # type: ignore[call-overload]  # one of the two

    assert found.equals(asked(whole.lazy()).collect()), (steps, end)


def test_of_the_first_rows_a_filter_takes_none_that_lie_behind(lake: Lakeside) -> None:
    scanned = lake.scan()
    whole = scanned.collect()

    for rows in range(whole.height + 1):
        found = scanned.head(rows).filter(SKU == "b").collect()
        assert found.equals(whole.head(rows).filter(SKU == "b"))

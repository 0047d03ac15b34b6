"""Record batches in; a LazyFrame or Parquet files out. Knows nothing of Amazon.

::

    record batches ─┬─ frame.stage ── store ── frame.scan ── polars.LazyFrame
                    └─ parquet.sink
                         partition   rows -> folders
                         hive        values -> folder names
                         writers     folders -> whole local files, within a budget
                         target      whole local files -> visible files
                         marker      what a sink wrote, for a later one to replace
                         leftovers   what killed processes left, swept
"""

"""Lakes: read what is committed, keep it in order.

::

    roots ── state ── stock ── scan       markers -> files -> polars.LazyFrame
                 └─── check, compact, purge
"""

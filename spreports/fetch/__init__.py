"""Bytes in, record batches out; this room knows nothing of Amazon's JSON.

A chunk goes left to right and one file to the next: ``download`` -> ``decompress`` ->
``decode`` -> ``header`` -> ``row_blocks`` -> ``read_ahead`` -> ``parse_flat`` ->
``typed`` -> ``block_rows`` -> ``document``, where they are joined.
"""

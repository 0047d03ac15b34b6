"""Bytes in, record batches out; this room knows nothing of Amazon's JSON.

A chunk goes left to right and one file to the next: ``download`` -> ``decompress`` ->
``decode`` -> ``read_ahead`` -> ``header`` -> ``row_blocks`` -> ``parse_flat`` ->
``typed`` -> ``document``, where they are joined.
"""

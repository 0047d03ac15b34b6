"""What report documents hold: made up from a seed, one file per family.

The same seed, report type, window and marketplaces give the same bytes. A document is
a stream of blocks of lines and is never whole in memory: rows take their own ids and
times and share the rest of their cells with some two thousand others. Types without a
file of their own are made from the catalogue (``catalogued``).
"""

from __future__ import annotations

from spreports.simulator.content.catalogued import GeneratedDocument, generate
from spreports.simulator.content.document import Content, content_of, has_content
from spreports.simulator.content.lines import Order

__all__ = [
    "Content",
    "GeneratedDocument",
    "Order",
    "content_of",
    "generate",
    "has_content",
]

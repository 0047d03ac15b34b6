"""Tell which document an error speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spreports.errors import DocumentError

__all__ = ["naming"]


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Tell the DocumentErrors that pass which document they speak of."""
    try:
        yield
    except DocumentError as exc:
        if exc.report_document_id is None:
            exc.report_document_id = name
            exc.add_note(f"document {name}")
        raise

"""Name a document: in errors, and in the names of its files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from spreports.errors import DocumentError

__all__ = ["digest", "file_stem", "naming"]

# What `load` takes for the stem of a file name.
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def digest(text: str) -> str:
    """Return a name of fixed form for any text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_stem(name: str) -> str:
    """Return a name as the stem of a file; one that cannot be goes by its digest."""
    return name if _STEM.fullmatch(name) else digest(name)[:32]


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

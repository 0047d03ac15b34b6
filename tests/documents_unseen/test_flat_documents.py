"""Flat documents that were written by hand, beside the frames that they mean."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

import spreports as spr
from tests.documents_unseen.fulfilment_and_tax import PAPERS, SOLD, STOCK
from tests.documents_unseen.orders_and_listings import AFTERWARDS, LISTINGS, ORDERS
from tests.documents_unseen.written import Unseen

if TYPE_CHECKING:
    import polars as pl

WRITTEN = (*LISTINGS, *ORDERS, *AFTERWARDS, *SOLD, *STOCK, *PAPERS)


def opened(unseen: Unseen, folder: Path, *, packed: bool = False) -> spr.Document:
    """Open a document as a user would: by its file and its type's name."""
    entry = spr.report_type(unseen.alias)
    if unseen.country:
        entry = entry.for_marketplace(unseen.country)
    path = folder / "document"
    stored = unseen.stored()
    path.write_bytes(gzip.compress(stored, mtime=0) if packed else stored)
    return spr.open_document(path, report_type=entry)


def alike(frame: pl.DataFrame, unseen: Unseen, *, typed: bool = True) -> None:
    """Hold a frame to what is expected: order, dtypes, cells; what else, is null."""
    wanted = unseen.frame(typed=typed)
    assert frame.columns[: wanted.width] == wanted.columns
    assert_frame_equal(frame.select(wanted.columns), wanted)
    rest = frame.drop(wanted.columns)
    assert all(each.null_count() == rest.height for each in rest)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("unseen", WRITTEN, ids=lambda unseen: unseen.name)
def test_a_document_is_the_frame_that_it_means(
    unseen: Unseen, packed: bool, tmp_path: Path
) -> None:
    alike(opened(unseen, tmp_path, packed=packed).read(), unseen)


@pytest.mark.parametrize("unseen", WRITTEN, ids=lambda unseen: unseen.name)
def test_without_types_every_cell_is_the_text_as_served(
    unseen: Unseen, tmp_path: Path
) -> None:
    frame = opened(unseen, tmp_path).read(typed=False)
    assert frame.columns == list(unseen.columns)
    alike(frame, unseen, typed=False)


@pytest.mark.parametrize("unseen", WRITTEN, ids=lambda unseen: unseen.name)
def test_a_header_alone_is_an_empty_frame_of_the_same_columns(
    unseen: Unseen, tmp_path: Path
) -> None:
    full = opened(unseen, tmp_path).read()
    bare = {header: (kind, ()) for header, (kind, _) in unseen.columns.items()}
    lone = Unseen(
        name=unseen.name,
        columns=bare,
        charset=unseen.charset,
        country=unseen.country,
        delimiter=unseen.delimiter,
        end=unseen.end,
        quotes=unseen.quotes,
        lead=unseen.lead,
    )
    frame = opened(lone, tmp_path).read()
    assert frame.height == 0
    assert frame.schema == full.schema


def test_the_documents_are_of_more_than_fifty_types() -> None:
    assert len({unseen.alias for unseen in WRITTEN}) > 50

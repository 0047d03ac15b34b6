"""How often a download is tried again: what progress forgives, and what it does not."""

from __future__ import annotations

import pytest

from spreports.errors import DownloadError
from spreports.fetch.tries import PROGRESS_BYTES, Setback, Tries
from tests.clocks import ManualClock

OLD = Setback("it has expired", refused=True)


def test_a_url_may_grow_old_any_number_of_times_while_the_document_comes() -> None:
    tries = Tries(ManualClock())

    for answers in range(1, 20):
        tries.count(OLD, answers * PROGRESS_BYTES)


def test_a_url_that_is_always_old_is_renewed_three_times_where_nothing_comes() -> None:
    tries = Tries(ManualClock())
    for answers in range(3):
        tries.count(OLD, answers)

    with pytest.raises(DownloadError, match="after 4 tries") as caught:
        tries.count(OLD, PROGRESS_BYTES - 1)

    assert not caught.value.refused, "of the document it says nothing"


def test_a_second_url_that_is_refused_for_good_is_a_word_on_the_document() -> None:
    tries = Tries(ManualClock())
    gone = Setback("it is not there any more", refused=True, lasting=True)
    tries.count(gone, 0)

    with pytest.raises(DownloadError) as caught:
        tries.count(gone, 0)

    assert caught.value.refused

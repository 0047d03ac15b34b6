"""What the reports of a client share, here and in a forked child."""

from __future__ import annotations

from spreports.reports.connection import Locks
from tests.forking import held, in_child


def test_a_child_fetches_a_document_that_its_parent_was_fetching() -> None:
    locks = Locks()

    def taken() -> bool:
        with locks.of("document"):
            return True

    with held(locks.of("document")):
        assert in_child(taken) == "True"

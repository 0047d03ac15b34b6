"""Which of two versions of a window is the newer one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from spreports.lake.contents import LakeReport, newest, report_of
from spreports.load.marker import PREFIX

MADE = datetime(2026, 11, 1, tzinfo=UTC)


def version(
    report_id: str, made: datetime = MADE, facts: Mapping[str, str] | None = None
) -> LakeReport:
    said = {"report_id": report_id, "created_time": made.isoformat(), **(facts or {})}
    note = {PREFIX + name: text for name, text in said.items()}
    return report_of(note, rows=1, root="root", stem=report_id)


@pytest.mark.parametrize("order", [1, -1])
def test_of_versions_of_one_second_the_one_with_the_greater_number_counts(
    order: int,
) -> None:
    ninth, tenth = version("9"), version("10")

    assert [*newest([ninth, tenth][::order]).values()] == [tenth]


@pytest.mark.parametrize("order", [1, -1])
def test_the_version_that_amazon_made_last_counts(order: int) -> None:
    older, newer = version("2"), version("1", MADE.replace(second=1))

    assert [*newest([older, newer][::order]).values()] == [newer]


@pytest.mark.parametrize("name", ["marketplace", "marketplace_ids"])
def test_reports_of_two_marketplaces_are_no_versions_of_each_other(name: str) -> None:
    both = [version(place, facts={name: place}) for place in ("DE", "FR")]

    assert [*newest(both).values()] == both

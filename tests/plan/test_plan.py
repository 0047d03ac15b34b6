"""The plan counts calls and finds the bottleneck."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from spreports.plan.plan import plan
from spreports.plan.windows import Window

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOWS = [
    Window(START + timedelta(days=30 * n), START + timedelta(days=30 * (n + 1)))
    for n in range(40)
]


def test_the_document_call_is_the_bottleneck_of_a_backfill() -> None:
    p = plan("T", WINDOWS, reports=40)

    assert p.bottleneck == "getReportDocument"
    assert p.calls["createReport"] == 40
    # 40 calls, 15 at once, then one in 1/0.0167 s
    assert round(p.eta.total_seconds()) == round((40 - 15) / 0.0167 + 90)


def test_what_is_adopted_is_not_created_and_what_is_stored_not_downloaded() -> None:
    p = plan("T", WINDOWS, reports=40, adopted=40, stored=40)

    assert p.calls == {}
    assert p.bottleneck is None
    assert p.eta == timedelta(0)


def test_a_restricted_type_needs_a_token_for_each_document() -> None:
    p = plan("T", WINDOWS, reports=3, restricted=True)

    assert p.calls["createRestrictedDataToken"] == 3


def test_a_plan_is_readable_as_text_html_and_json() -> None:
    p = plan("<T>", WINDOWS[:2], reports=2)

    assert "2026-01-01 to 2026-01-31" in str(p)
    assert "&lt;T&gt;" in p._repr_html_()
    assert json.loads(json.dumps(p.to_dict()))["reports"] == 2

"""Notifications as Amazon writes them, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.notifications.message import finished_report
from tests.notifications.queues import notification

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "notificationType",
                    "payload",
                    "reportProcessingFinishedNotification",
                    "reportId",
                ]
            ),
            inner | st.just("REPORT_PROCESSING_FINISHED"),
        )
    ),
    max_leaves=4,
)


def test_the_schemas_example_tells_of_its_report() -> None:
    assert finished_report(notification("54517018502")) == "54517018502"


@pytest.mark.parametrize("name", ["notificationType", "NotificationType"])
def test_other_notifications_tell_of_none(name: str) -> None:
    other = json.dumps({name: "ANY_OFFER_CHANGED", "payload": {}})

    assert finished_report(other) is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "Expecting value"),
        ("54517018502", "not a JSON object"),
        ("{}", "without notificationType"),
        (notification("1", payload={}), "without a reportId"),
        (notification("1", payload=[]), "without a reportId"),
        (notification(""), "without a reportId"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_notification_is_refused(body: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        finished_report(body)


@given(JSON.map(json.dumps) | st.text())
def test_any_body_is_read_or_refused(body: str) -> None:
    try:
        told = finished_report(body)
    except ValueError:
        return
    assert told is None or told

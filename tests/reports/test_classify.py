"""From facts to outcomes: every kind, and the evidence that led to it."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreports as spr
from spreports.api.models import ProcessingStatus, Report, ReportId
from spreports.reports.advice import ADVICE, NEXT_STEPS
from spreports.reports.classify import (
    COOLDOWN_MARGIN,
    Facts,
    Previous,
    outcome_of,
    refused_outcome,
)
from spreports.reports.outcome import OutcomeKind

MADE = datetime(2026, 10, 5, 12, tzinfo=UTC)
INVENTORY = spr.report_type("GET_AFN_INVENTORY_DATA")
VENDOR = spr.report_type("GET_VENDOR_SALES_REPORT")
ORDERS = spr.report_type("orders")
COOLDOWN = timedelta(seconds=INVENTORY.cooldown_seconds or 0)


def report(status: ProcessingStatus | str, *, begun: bool = True) -> Report:
    return Report(
        report_id=ReportId("R1"),
        report_type=INVENTORY.report_type,
        created_time=MADE,
        processing_status=status,
        processing_start_time=MADE + timedelta(seconds=30) if begun else None,
        processing_end_time=MADE + timedelta(seconds=33) if begun else None,
    )


def facts(
    entry: spr.ReportType = INVENTORY, *, before: timedelta | None = None
) -> Facts:
    previous = before and Previous(
        report_id="R0", asked_time=MADE - before, known_by="ledger"
    )
    return Facts(entry=entry, options={}, previous=previous or None)


CANCELLED, FATAL = ProcessingStatus.CANCELLED, ProcessingStatus.FATAL
MINUTES = timedelta(minutes=1)


def test_cancelled_within_the_cool_down_is_too_soon_and_says_by_what() -> None:
    outcome = outcome_of(report(CANCELLED), facts(before=10 * MINUTES))

    assert outcome.kind is OutcomeKind.TOO_SOON
    assert outcome.heuristic
    assert outcome.evidence["cooldown_seconds"] == 1800
    assert outcome.evidence["previous_report_id"] == "R0"
    assert outcome.evidence["previous_report_time"] == MADE - 10 * MINUTES
    assert outcome.again_time == MADE - 10 * MINUTES + COOLDOWN + COOLDOWN_MARGIN


@pytest.mark.parametrize("before", [None, 45 * MINUTES])
def test_cancelled_out_of_the_cool_down_is_empty(before: timedelta | None) -> None:
    outcome = outcome_of(report(CANCELLED), facts(before=before))

    assert outcome.kind is OutcomeKind.EMPTY
    assert outcome.heuristic
    assert outcome.evidence["cooldown_seconds"] == 1800
    assert "processing_start_time" in outcome.evidence


def test_cancelled_before_processing_is_somebodys_doing() -> None:
    outcome = outcome_of(report(CANCELLED, begun=False), facts(before=10 * MINUTES))

    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.heuristic
    assert "processing_start_time" not in outcome.evidence


@given(st.integers(0, 10**6))
def test_what_is_asked_again_when_it_may_be_is_never_too_soon_again(
    seconds: int,
) -> None:
    first = outcome_of(report(CANCELLED), facts(before=timedelta(milliseconds=seconds)))
    if first.again_time is None:
        return
    # Amazon tells whole seconds, so the second report may seem a little older.
    made = first.again_time.replace(microsecond=0)
    second = outcome_of(
        replace(report(CANCELLED), created_time=made),
        replace(facts(before=timedelta(milliseconds=seconds)), asked_again=True),
    )

    assert second.kind is OutcomeKind.EMPTY


def test_a_type_without_a_cool_down_is_never_asked_too_soon() -> None:
    outcome = outcome_of(report(CANCELLED), facts(ORDERS, before=MINUTES))

    assert outcome.kind is OutcomeKind.EMPTY
    assert "cooldown_seconds" not in outcome.evidence


def fatal(entry: spr.ReportType, text: str | None, days_old: int = 30) -> spr.Outcome:
    made = replace(
        report(FATAL),
        report_type=entry.report_type,
        data_end_time=MADE - timedelta(days=days_old),
    )
    return outcome_of(made, replace(facts(entry), document_text=text))


def test_fatal_within_the_hold_back_is_not_ready_whatever_is_said() -> None:
    for text in (None, "Failed.", "There is no data."):
        outcome = fatal(VENDOR, text, days_old=2)

        assert outcome.kind is OutcomeKind.NOT_READY
        assert outcome.evidence["hold_back_days"] == 3
        # The day of dataEndTime is counted in: published three days after its end.
        assert outcome.again_time == datetime(2026, 10, 7, tzinfo=UTC)
        assert outcome.evidence["published_from"] == outcome.again_time


def test_fatal_within_the_hold_back_is_too_soon_where_it_says_so() -> None:
    assert fatal(VENDOR, "asked too often", days_old=2).kind is OutcomeKind.TOO_SOON


@pytest.mark.parametrize(("seconds", "kind"), [(-1, "not_ready"), (0, "fatal")])
def test_nothing_is_held_back_from_the_moment_that_it_is_published(
    seconds: int, kind: str
) -> None:
    published = datetime(2026, 10, 7, tzinfo=UTC)
    made = replace(
        report(FATAL),
        created_time=published + timedelta(seconds=seconds),
        data_end_time=MADE - timedelta(days=2),
    )

    assert outcome_of(made, facts(VENDOR)).kind == kind


def test_what_is_not_ready_though_it_was_published_has_no_time_to_come() -> None:
    assert fatal(VENDOR, "not yet available").again_time is None


def test_fatal_out_of_the_hold_back_goes_by_its_words() -> None:
    assert fatal(VENDOR, "not yet available").kind is OutcomeKind.NOT_READY
    assert fatal(VENDOR, "There is no data.").kind is OutcomeKind.EMPTY
    assert fatal(VENDOR, "reportPeriod: no").kind is OutcomeKind.WRONG_OPTIONS
    assert fatal(VENDOR, "reportPeriod: no", 1).kind is OutcomeKind.WRONG_OPTIONS
    assert fatal(VENDOR, "asked too often").kind is OutcomeKind.TOO_SOON
    told = fatal(VENDOR, "It broke.")
    assert told.kind is OutcomeKind.FATAL
    assert told.reason == "It broke."
    assert not told.heuristic
    assert fatal(VENDOR, None).kind is OutcomeKind.FATAL


def test_a_silent_fatal_within_the_cool_down_is_too_soon() -> None:
    silent = outcome_of(report(FATAL), facts(before=10 * MINUTES))
    spoken = replace(facts(before=10 * MINUTES), document_text="It broke.")

    assert silent.kind is OutcomeKind.TOO_SOON
    assert outcome_of(report(FATAL), spoken).kind is OutcomeKind.FATAL


@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS", "ON_HOLD"])
def test_an_unfinished_report_is_waiting_and_after_an_hour_stuck(status: str) -> None:
    def after(age: timedelta) -> spr.Outcome:
        return outcome_of(report(status), replace(facts(), now=MADE + age))

    assert after(timedelta(minutes=59)).kind is OutcomeKind.WAITING
    stuck = after(timedelta(hours=1))
    assert stuck.kind is OutcomeKind.STUCK
    assert stuck.evidence["seconds_unfinished"] == 3600


def test_a_refused_request_is_wrong_options_with_amazons_words() -> None:
    error = spr.BadRequestError(
        "createReport: HTTP 400",
        status=400,
        details=(spr.ErrorDetail("InvalidInput", "Invalid report type: X."),),
    )
    outcome = refused_outcome(error, "X")

    assert outcome.kind is OutcomeKind.WRONG_OPTIONS
    assert outcome.report is None
    assert outcome.reason == "InvalidInput: Invalid report type: X."


@pytest.mark.parametrize("kind", OutcomeKind)
def test_every_kind_says_what_comes_next_and_what_to_do(kind: OutcomeKind) -> None:
    assert ADVICE[kind]
    assert NEXT_STEPS[kind]


def test_an_outcome_is_readable_as_text_and_json_and_survives_pickling() -> None:
    outcome = outcome_of(report(CANCELLED), facts(before=10 * MINUTES))

    assert json.loads(json.dumps(outcome.to_dict()))["kind"] == "too_soon"
    assert outcome.to_dict()["report"] == report(CANCELLED).to_json()
    assert "most likely too soon" in str(outcome)
    assert "2026-10-05T11:50:00+00:00" in str(outcome)
    assert pickle.loads(pickle.dumps(outcome)) == outcome  # noqa: S301 - our own object
    assert hash(outcome)


def test_what_is_asked_when_the_cool_down_is_just_over_is_not_too_soon() -> None:
    # Amazon tells whole seconds: 1799.1 may be 1800 of its own
    for more, kind in ((0, "too_soon"), (1, "too_soon"), (2, "empty")):
        before = COOLDOWN + timedelta(seconds=more)
        assert outcome_of(report(CANCELLED), facts(before=before)).kind == kind

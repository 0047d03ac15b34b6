"""Models read what the reference promises, bear what it adds, and survive a round."""

from __future__ import annotations

import contextlib
import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.api.models import (
    CompressionAlgorithm,
    CreateReportScheduleSpecification,
    CreateReportSpecification,
    Period,
    ProcessingStatus,
    Report,
    ReportDocument,
    ReportDocumentId,
    ReportId,
    ReportPage,
    ReportSchedule,
    ReportScheduleId,
)
from spreports.api.times import read_time, write_time
from spreports.errors import TransportError
from tests.api.scripted_amazon import document_json, report_json, schedule_json

ids = st.from_regex(r"[A-Za-z0-9.:_/+-]{3,30}", fullmatch=True)
times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    timezones=st.just(UTC),
)
maybe_times = st.none() | times
options = st.none() | st.dictionaries(st.text(), st.text(), max_size=3)
places = st.lists(st.text(), max_size=3).map(tuple)

reports = st.builds(
    Report,
    report_id=ids.map(ReportId),
    report_type=ids,
    created_time=times,
    processing_status=st.sampled_from(ProcessingStatus) | st.just("NEW_STATUS"),
    marketplace_ids=places,
    data_start_time=maybe_times,
    data_end_time=maybe_times,
    report_schedule_id=st.none() | ids.map(ReportScheduleId),
    processing_start_time=maybe_times,
    processing_end_time=maybe_times,
    report_document_id=st.none() | ids.map(ReportDocumentId),
)
schedules = st.builds(
    ReportSchedule,
    report_schedule_id=ids.map(ReportScheduleId),
    report_type=ids,
    period=st.sampled_from(Period) | st.just("P9Y"),
    marketplace_ids=places,
    report_options=options,
    next_report_creation_time=maybe_times,
)
documents = st.builds(
    ReportDocument,
    report_document_id=ids.map(ReportDocumentId),
    url=ids,
    compression_algorithm=st.none()
    | st.sampled_from(CompressionAlgorithm)
    | st.just("Z"),
)
pages = st.builds(
    ReportPage,
    reports=st.lists(reports, max_size=2).map(tuple),
    next_token=st.none() | ids,
)
specifications = st.builds(
    CreateReportSpecification,
    report_type=ids,
    marketplace_ids=places,
    report_options=options,
    data_start_time=maybe_times,
    data_end_time=maybe_times,
)
schedule_specifications = st.builds(
    CreateReportScheduleSpecification,
    report_type=ids,
    marketplace_ids=places,
    period=st.sampled_from(Period),
    report_options=options,
    next_report_creation_time=maybe_times,
)

M_co = TypeVar("M_co", covariant=True)


class Model(Protocol[M_co]):
    def to_json(self) -> dict[str, object]: ...

    @classmethod
    def from_json(cls, data: object) -> M_co: ...


@pytest.mark.slow
@given(
    reports | schedules | documents | pages | specifications | schedule_specifications
)
def test_a_model_survives_json_and_pickle(model: Model[object]) -> None:
    assert type(model).from_json(model.to_json()) == model
    assert type(model).from_json({**model.to_json(), "new": {"a": [1]}}) == model
    assert pickle.loads(pickle.dumps(model)) == model  # noqa: S301 - our own bytes
    assert copy.deepcopy(model) == model
    assert hash(model) == hash(copy.copy(model))


def test_an_unknown_status_stays_a_string_and_is_not_terminal() -> None:
    report = Report.from_json(report_json(status="ARCHIVED"))

    assert report.processing_status == "ARCHIVED"
    assert not isinstance(report.processing_status, ProcessingStatus)
    assert not report.is_terminal


def test_three_statuses_are_terminal() -> None:
    terminal = {
        status.value
        for status in ProcessingStatus
        if Report.from_json(report_json(status=status.value)).is_terminal
    }
    assert terminal == {"CANCELLED", "DONE", "FATAL"}


def test_there_are_eighteen_periods() -> None:
    assert len(Period) == 18
    assert Period("PT84H").name == "PT84H"


def test_null_and_empty_optional_members_are_absent() -> None:
    data = {
        **report_json(),
        "reportDocumentId": None,
        "marketplaceIds": None,
        "dataStartTime": None,
    }
    report = Report.from_json(data)

    assert report.report_document_id is None
    assert report.marketplace_ids == ()
    assert ReportPage.from_json({"reports": [], "nextToken": ""}).next_token is None


@pytest.mark.parametrize(
    ("model", "data", "words"),
    [
        (Report, None, "Report is not an object"),
        (Report, [], "Report is not an object"),
        (Report, {**report_json(), "reportId": None}, "Report.reportId is missing"),
        (Report, {**report_json(), "reportId": 5}, "Report.reportId is not a string"),
        (Report, {**report_json(), "reportType": ""}, "Report.reportType is missing"),
        (Report, {**report_json(), "createdTime": "soon"}, "createdTime is not an ISO"),
        (Report, {**report_json(), "createdTime": 5}, "createdTime is not a string"),
        (Report, {**report_json(), "marketplaceIds": "A"}, "is not an array"),
        (Report, {**report_json(), "marketplaceIds": [1]}, "array of strings"),
        (ReportPage, {}, "GetReportsResponse.reports is missing"),
        (ReportPage, {"reports": {}}, "reports is not an array"),
        (ReportPage, {"reports": [5]}, "Report is not an object"),
        (ReportSchedule, {**schedule_json(), "period": None}, "period is missing"),
        (ReportSchedule, {**schedule_json(), "reportOptions": {"a": 1}}, "string to"),
        (ReportSchedule, {**schedule_json(), "reportOptions": []}, "not an object"),
        (ReportDocument, {**document_json(), "url": None}, "url is missing"),
    ],
)
def test_what_the_reference_does_not_promise_is_a_transport_error(
    model: type[Model[object]], data: object, words: str
) -> None:
    with pytest.raises(TransportError, match=words) as caught:
        model.from_json(data)

    assert "not what the reference promises" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-31T22:00:00Z",
        "2026-10-31T22:00Z",
        "2026-10-31T22:00:00+00:00",
        "2026-11-01T00:00:00+02:00",
        "2026-10-31T14:00:00-0800",
        "2026-10-31T22:00:00.000Z",
        "2026-10-31T22:00:00.0000000Z",
        "2026-10-31t22:00:00z",
        "2026-10-31T22:00:00",
    ],
)
def test_times_are_aware_and_in_utc_however_they_are_written(text: str) -> None:
    moment = read_time(text)

    assert moment == datetime(2026, 10, 31, 22, tzinfo=UTC)
    assert moment.tzinfo is UTC


@given(st.text())
def test_a_text_is_a_time_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert read_time(text).tzinfo is UTC


def test_times_are_written_in_utc_with_a_z() -> None:
    east = timezone(timedelta(hours=9))
    assert write_time(datetime(2026, 1, 1, 9, tzinfo=east)) == "2026-01-01T00:00:00Z"
    with pytest.raises(ValueError, match="zone"):
        write_time(datetime(2026, 1, 1))  # noqa: DTZ001 - naive on purpose


def test_a_documents_url_is_left_out_of_repr() -> None:
    assert "canary" not in repr(ReportDocument.from_json(document_json()))


@pytest.mark.parametrize("value", ["a,b", "a\0b", "..", " a", "a\nb", "\ud83d"])
@pytest.mark.parametrize(
    ("model", "good", "name"),
    [
        (Report, report_json(), "reportId"),
        (Report, report_json(), "reportDocumentId"),
        (Report, report_json(), "reportScheduleId"),
        (ReportSchedule, schedule_json(), "reportScheduleId"),
        (ReportDocument, document_json(), "reportDocumentId"),
    ],
)
def test_an_id_that_cannot_be_sent_back_is_refused_where_it_is_read(
    model: type[Report], good: dict[str, object], name: str, value: str
) -> None:
    with pytest.raises(TransportError, match=name):
        model.from_json({**good, name: value})


def test_half_a_character_is_refused_wherever_it_stands() -> None:
    half = "\ud83d"
    for wrong in (
        {"reports": [], "nextToken": half},
        {"reports": [{**report_json(), "marketplaceIds": [half]}]},
        {"reports": [{**report_json(), "reportType": half}]},
    ):
        with pytest.raises(TransportError, match="not what the reference promises"):
            ReportPage.from_json(wrong)
    with pytest.raises(TransportError, match="reportOptions"):
        ReportSchedule.from_json({**schedule_json(), "reportOptions": {"a": half}})
    ReportPage.from_json({"reports": [], "nextToken": "a+/=&, \U0001f600"})

"""What Amazon refuses, cancels or breaks: named, and nothing lost or doubled."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import spreports as spr
from spreports.reports.connection import Connection
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls


def ask(client: spr.Client, days: int = 7) -> spr.Reports:
    return client.reports("orders", start=f"{days}d", marketplaces=["DE"])


def january(client: spr.Client) -> spr.Reports:
    return client.reports(
        "orders", start="2026-01-01", end="2026-01-08", marketplaces=["DE"]
    )


def died(connection: Connection, reports: spr.Reports) -> None:
    """Leave an intent as a process does that is killed before the answer."""
    row = connection.ledger.intend(
        connection.account, reports._requests[0].key, connection.clock.now()
    )
    connection.ledger.abandoned(row)


def test_fatal_says_what_the_document_says(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(
        Fault(operation="report", kind="fatal", message="Report period is required.")
    )

    with pytest.raises(spr.ReportFatalError, match="period is required") as caught:
        ask(client).scan()

    assert caught.value.reason is not None
    assert caught.value.report_id is not None
    assert pickle.loads(pickle.dumps(caught.value)).reason == caught.value.reason  # noqa: S301 - our own object


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("order-id\tbuyer-name\r\n1\tJane Roe\r\n", None),
        ("order-id,buyer-name\n1,Jane Roe\n2,Jane Doe\n", None),
        ("1\tJane Roe\t3\n", None),
        ("<Message><buyer>Jane Roe</buyer></Message>", None),
        ('{"orders": [{"buyer": "Jane Roe"}]}', None),
        ('{"orders": [' + '{"buyer": "Jane Roe"},' * 9999 + "{}]}", None),
        ("Error\tThe period is required.", "Error The period is required"),
        ("The period is required,\nor so it seems.", "The period is required, or"),
        ('{"errorDetails": "see https://x.com/a?X-Amz-Signature=Jane"}', "a?***"),
    ],
)
def test_rows_of_a_report_and_signatures_are_no_reason(
    simulator: Simulator, client: spr.Client, body: str, told: str | None
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", body=body))

    with pytest.raises(spr.ReportFatalError) as caught:
        ask(client).scan()

    assert "Jane" not in f"{caught.value} {caught.value.reason}"
    assert (caught.value.reason is None) == (told is None)
    assert (told or "tells no reason; ") in str(caught.value)


def always(operation: str, status: int, kind: str = "status") -> Fault:
    return Fault(operation=operation, kind=kind, times=0, status=status, code="Denied")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (always("document", 403), "HTTP 403 AccessDenied"),
        (always("document", 403, "expire"), "HTTP 403"),
        (always("document", 503), "the document host answered HTTP 503"),
        (always("document", 0, "reset"), "no connection to the document host"),
        (always("getReportDocument", 403), "getReportDocument: HTTP 403: Denied"),
        (always("getReportDocument", 429), "getReportDocument: "),
        (None, "the document is larger than 1048576 bytes"),
    ],
    ids=["refused", "expired", "busy", "reset", "forbidden", "throttled", "large"],
)
def test_a_reason_that_could_not_be_read_is_told_to_be_there(
    simulator: Simulator, client: spr.Client, fault: Fault | None, why: str
) -> None:
    body = "Bad dates." if fault else "x" * (2 << 20)
    simulator.faults.add(Fault(operation="report", kind="fatal", body=body))
    if fault is not None:
        simulator.faults.add(fault)

    with pytest.raises(spr.ReportFatalError) as caught:
        ask(client).read()

    error = caught.value
    assert error.outcome is not None
    assert error.outcome.report is not None
    document_id = error.outcome.report.report_document_id
    unread = str(error.outcome.evidence["reason_unread"])
    assert unread.startswith(f"report document {document_id}: ")
    assert why in unread
    assert unread.endswith(f"; client.outcome({error.report_id!r}) tries again")
    assert f"is FATAL; its reason could not be read from {unread}; " in str(error)
    assert error.outcome.evidence["report_document_id"] == document_id
    assert error.reason is None
    assert "gives no reason" not in str(error)
    assert "://" not in f"{error}{error.outcome}"
    assert "X-Amz" not in f"{error}{error.outcome}"


def test_a_reason_that_could_not_be_read_is_told_by_a_later_outcome(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", body="Bad dates."))
    simulator.faults.add(Fault(operation="document", kind="html", times=0))
    with pytest.raises(spr.ReportFatalError, match="could not be read") as caught:
        ask(client).read()

    simulator.faults.clear()
    assert caught.value.report_id is not None
    assert client.outcome(caught.value.report_id).reason == "Bad dates."


def test_a_reason_of_lines_is_not_told_of_a_type_with_personal_data(
    simulator: Simulator, client: spr.Client
) -> None:
    body = "Something went wrong for\nJane Roe\n"
    simulator.faults.add(Fault(operation="report", kind="fatal", body=body))

    with pytest.raises(spr.ReportFatalError) as caught:
        client.reports("orders_shipping", start="2d", marketplaces=["DE"]).read()

    assert caught.value.reason is None
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"orders": [{"buyerName": "Jane Roe"}]}', None),
        ('[{"buyer-name": "Jane Roe", "message": "For Jane"}]', None),
        ('{"message": "For Jane", "order-id": "1"}', None),
        ('{"errors": [{"reason": "I, Jane, did not like it", "sku": "1"}]}', None),
        ('["Jane Roe", "Berlin"]', None),
        ('"Jane Roe"', None),
        ("{'buyer': 'Jane Roe'}", None),
        ("name: Jane Roe, Berlin", None),
        ("order,Jane Roe,report", None),
        ("Jane Roe, Berlin", None),
        ('{"reportSpecification": {}, "errorDetails": "Bad."}', "Amazon says: Bad;"),
        ('{"errors": [{"code": "X", "message": "Bad."}]}', "Amazon says: Bad;"),
        ("Error: the period is required.", "Amazon says: Error: the period"),
        ("Invalid report options", "Amazon says: Invalid report options;"),
    ],
)
def test_of_a_type_with_personal_data_only_what_is_plainly_an_error_is_told(
    simulator: Simulator, client: spr.Client, body: str, told: str | None
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", body=body))

    with pytest.raises(spr.ReportFatalError) as caught:
        client.reports("orders_shipping", start="2d", marketplaces=["DE"]).read()

    assert "Jane" not in f"{caught.value} {caught.value.reason}"
    assert (caught.value.reason is None) == (told is None)
    assert (told or "tells no reason; ") in str(caught.value)


def test_a_reason_that_cannot_be_printed_is_told_as_far_as_it_can(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    said = r'{"errorDetails": "bad\u00a0option\u001b[2J \ud83d"}'
    simulator.faults.add(Fault(operation="report", kind="fatal", body=said))
    feed = spr.Feed("listings", marketplaces=["DE"])

    (failed,) = client.sync([feed], to=tmp_path / "lake").failed

    assert "Amazon says: bad option [2J; check dates" in failed.reason


def test_no_data_is_an_empty_frame_with_its_columns(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="cancelled"))
    reports = ask(client)

    frame = reports.read(metadata=True)

    assert frame.height == 0
    assert "amazon-order-id" in frame.columns
    assert "report_id" in frame.columns
    assert reports.batches().read_all().num_rows == 0
    assert reports.sink(tmp_path / "lake").rows == 0


def test_batches_of_no_data_have_the_types_of_others(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="report", kind="cancelled"))
    none = ask(client).batches(metadata=True).schema
    some = ask(client, days=9).batches(metadata=True).schema

    assert {field.name for field in none} >= {"amazon-order-id", "report_id"}
    assert all(some.field(field.name).type == field.type for field in none)


def test_a_cancellation_on_request_is_an_error(
    simulator: Simulator, client: spr.Client
) -> None:
    report_id = client.api.create_report(
        report_type="GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        marketplace_ids=["A1PA6795UKMFR9"],
    )
    client.api.cancel_report(report_id)
    report = client.api.get_report(report_id)

    reports = spr.Reports(client._connection, spr.report_type("orders"), found=[report])
    with pytest.raises(spr.ReportCancelledError) as caught:
        reports.scan()

    assert caught.value.report_id == report_id


def test_one_failed_window_does_not_keep_the_others_from_the_lake(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", nth=2, message="No."))

    with pytest.raises(spr.ReportFatalError) as caught:
        ask(client, 90).sink(tmp_path / "lake")

    assert "2 other reports were written" in "".join(caught.value.__notes__)
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 2


def test_a_report_made_though_its_answer_was_lost_is_found_not_made_again(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="reset", acts=True))

    frame = ask(client).read()

    assert frame.height == 200
    assert calls(simulator, "createReport") == 1
    assert calls(simulator, "getReports") == 1


def test_an_answer_lost_before_anything_was_made_is_asked_again(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="status", status=500))

    assert ask(client).read().height == 200
    assert calls(simulator, "createReport") == 2
    assert calls(simulator, "getReports") == 1


def test_time_that_is_up_leaves_a_report_that_is_taken_up_later(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path) as client:
        with pytest.raises(spr.WaitTimeoutError) as caught:
            january(client).wait(timeout=10)
        assert isinstance(caught.value, TimeoutError)

    with simulator.client(home=tmp_path) as client:
        (report,) = january(client)

    assert report.report_id == caught.value.report_id
    assert calls(simulator, "createReport") == 1


DOCUMENT_FAULTS = [
    Fault(operation="document", kind="cut", at=0.5),
    Fault(operation="document", kind="cut", at=0.5, framing="close"),
    Fault(operation="document", kind="cut", at=0.5, framing="chunked"),
    Fault(operation="document", kind="expire"),
    Fault(operation="document", kind="short_length", at=0.7),
    Fault(operation="document", kind="corrupt", at=0.5),
    Fault(operation="document", kind="reset"),
    Fault(operation="document", kind="status", status=503),
    Fault(operation="document", kind="second_member"),
    Fault(operation="document", kind="double_gzip"),
    Fault(operation="document", kind="plain_instead_of_gzip"),
    Fault(operation="document", kind="trailing_zeros"),
    Fault(operation="document", kind="content_encoding"),
    Fault(operation="document", kind="no_length"),
    Fault(operation="document", kind="html"),
]


@pytest.mark.parametrize(
    "fault", DOCUMENT_FAULTS, ids=lambda f: f"{f.kind}-{f.framing}"
)
def test_a_document_that_breaks_on_its_way_still_comes_whole(
    simulator: Simulator, client: spr.Client, fault: Fault
) -> None:
    simulator.faults.add(fault)

    assert ask(client).read().height == 200


@pytest.fixture
def opaque() -> Iterator[Simulator]:
    with JumpingClock() as clock, Simulator(clock=clock, etag=None) as running:
        yield running


@pytest.mark.parametrize("at", [0.01, 0.3, 0.6, 0.99])
def test_a_document_that_is_always_cut_is_an_error_and_never_a_shorter_frame(
    opaque: Simulator, tmp_path: Path, at: float
) -> None:
    opaque.faults.add(
        Fault(operation="document", kind="cut", at=at, times=0, framing="close")
    )

    with opaque.client() as client, pytest.raises(spr.DocumentError) as caught:
        ask(client).sink(tmp_path / "lake")

    assert not list(tmp_path.rglob("*.parquet"))
    shown = "".join(traceback.format_exception(caught.value))
    assert "X-Amz-Signature" not in shown
    assert opaque.credentials.client_secret not in shown


def test_an_access_token_that_expires_on_the_way_is_renewed() -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, token_lifetime=61.0) as forgetful,
        forgetful.client() as short,
    ):
        assert short.reports("orders", start="90d", marketplaces=["DE"]).read().height
        assert calls(forgetful, "token") > 1


def test_throttling_is_waited_out(simulator: Simulator, client: spr.Client) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=429, code="QuotaExceeded")
    )

    assert ask(client).read().height == 200
    assert calls(simulator, "createReport") == 2


def test_a_process_that_died_before_the_answer_leaves_a_report_that_is_found(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path) as client:
        reports = january(client)
        connection = client._connection
        died(connection, reports)
        made = client.api.create_report(
            report_type="GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
            marketplace_ids=["A1PA6795UKMFR9"],
            data_start_time=reports._requests[0].data_start_time,
            data_end_time=reports._requests[0].data_end_time,
        )

    with simulator.client(home=tmp_path) as client:
        (report,) = january(client)

    assert report.report_id == made
    assert calls(simulator, "createReport") == 1


def test_a_process_that_died_before_the_call_leaves_nothing_to_find(
    simulator: Simulator, client: spr.Client
) -> None:
    reports = january(client)
    connection = client._connection
    died(connection, reports)

    assert reports.read().height == 200
    assert calls(simulator, "createReport") == 1
    assert calls(simulator, "getReports") == 1


def test_a_report_that_amazon_has_deleted_is_asked_for_anew(
    simulator: Simulator, client: spr.Client
) -> None:
    reports = january(client)
    connection = client._connection
    row = connection.ledger.intend(
        connection.account, reports._requests[0].key, connection.clock.now()
    )
    connection.ledger.created(row, "404404")

    (report,) = reports

    assert report.report_id != "404404"
    assert report.processing_status == "DONE"


def test_a_gateway_that_finds_nothing_does_not_make_a_report_anew(
    simulator: Simulator, client: spr.Client
) -> None:
    made = january(client)
    made.plan()
    connection = client._connection
    (report,) = made
    connection.ledger.seen(connection.account, report.report_id, "IN_PROGRESS", None)
    simulator.clock.sleep(120)
    simulator.faults.add(
        Fault(operation="getReport", kind="status", status=404, code="")
    )

    with pytest.raises(spr.NotFoundError):
        january(client).read()

    assert january(client).read().height == 200
    assert calls(simulator, "createReport") == 1


def test_a_report_that_failed_before_is_asked_for_anew(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", message="Later."))
    with pytest.raises(spr.ReportFatalError):
        january(client).read()

    assert january(client).read().height == 200
    assert calls(simulator, "createReport") == 2


@pytest.mark.parametrize("name", ["orders", "settlement"])
def test_a_document_without_a_byte_has_no_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}_DE.txt").write_bytes(b"")
    with (
        Simulator(speed=600.0, samples=tmp_path) as simulator,
        simulator.client(home=tmp_path / "home") as client,
    ):
        if name == "orders":
            frame = ask(client).read()
        else:
            frame = client.existing(name, since="30d", marketplaces=["DE"]).read()

    assert frame.height == 0
    assert spr.report_type(name).columns()[0].name in frame.columns


def test_no_byte_of_a_compressed_document_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "orders_DE.txt.gz").write_bytes(b"")
    with (
        Simulator(speed=600.0, samples=tmp_path) as simulator,
        simulator.client(home=tmp_path / "home") as client,
        ThreadPoolExecutor(1) as pool,
    ):
        for executor in (None, pool):
            with pytest.raises(spr.DownloadError, match="without a byte") as caught:
                ask(client).sink(tmp_path / "lake", executor=executor)
            assert caught.value.report_document_id is not None
        assert not list((tmp_path / "home").rglob("*.tmp"))


def test_a_report_id_in_the_place_of_a_document_id_is_told(client: spr.Client) -> None:
    (report,) = ask(client).wait()

    with pytest.raises(spr.NotFoundError) as caught:
        client.document(report.report_id).read()

    assert "looks like a reportId" in str(caught.value)
    assert f"get_report('{report.report_id}')" in str(caught.value)

"""Every outcome is named rightly, with its evidence, whoever plays Amazon."""

from __future__ import annotations

import gzip
import json
import math
from datetime import timedelta
from typing import Any

import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon, Fault, error
from tests.stand_in.document_host import Held
from tests.stand_in.kept import Plot, written
from tests.stand_in.texts import DE, FR, ORDERS, ORDERS_TEXT, packed
from tests.stand_in.timepiece import Timepiece

INVENTORY = "GET_AFN_INVENTORY_DATA"
VENDOR = "GET_VENDOR_SALES_REPORT"
DAY = timedelta(days=1)


def ended(
    client: spr.Client,
    amazon: Amazon,
    *statuses: str,
    report_type: str = ORDERS,
    held: Held | None = None,
    **request: Any,
) -> spr.Outcome:
    """Ask for a report with this course and return its outcome."""
    amazon.plot(report_type, Plot(statuses, held))
    asked = {"marketplaces": ["DE"], "strict": False, **request}
    if report_type == ORDERS:
        asked.setdefault("start", "7d")
    (outcome,) = client.reports(report_type, **asked).outcomes(timeout=600)
    return outcome


def said(text: object, *, zipped: bool = False, claimed: bool = False) -> Held:
    """A FATAL document, honest about its compression or not."""
    plain = (text if isinstance(text, str) else json.dumps(text)).encode()
    stored = gzip.compress(plain) if zipped else plain
    return Held("why", stored, compression="GZIP" if claimed else None)


def test_done(client: spr.Client, amazon: Amazon) -> None:
    held = Held("d1", packed(ORDERS_TEXT), compression="GZIP")
    outcome = ended(client, amazon, "IN_QUEUE", "IN_PROGRESS", "DONE", held=held)

    assert outcome.kind is spr.OutcomeKind.DONE
    assert outcome.report is not None
    assert outcome.report.report_document_id == "d1"


def test_empty_was_cancelled_after_its_processing_began(
    client: spr.Client, amazon: Amazon
) -> None:
    outcome = ended(client, amazon, "IN_QUEUE", "IN_PROGRESS", "CANCELLED")

    assert outcome.kind is spr.OutcomeKind.EMPTY
    assert outcome.heuristic
    assert outcome.evidence["processing_status"] == "CANCELLED"
    assert "processing_start_time" in outcome.evidence
    assert amazon.count("getReports") == 0


def test_cancelled_by_somebody_never_began(client: spr.Client, amazon: Amazon) -> None:
    outcome = ended(client, amazon, "IN_QUEUE", "IN_QUEUE", "CANCELLED")

    assert outcome.kind is spr.OutcomeKind.CANCELLED
    assert "processing_start_time" not in outcome.evidence


def test_asked_too_soon_is_known_by_the_ledger(
    client: spr.Client, amazon: Amazon
) -> None:
    held = Held("d1", packed("seller-sku\tasin\n"), compression="GZIP")
    first = ended(client, amazon, "IN_QUEUE", "DONE", report_type=INVENTORY, held=held)
    client._connection.cooldowns.release(INVENTORY, [DE], math.inf)
    second = ended(
        client,
        amazon,
        *("IN_QUEUE", "IN_PROGRESS", "CANCELLED"),
        report_type=INVENTORY,
        reuse=False,
    )

    assert second.kind is spr.OutcomeKind.TOO_SOON
    assert second.evidence["previous_report_id"] == first.report_id
    assert second.evidence["previous_known_by"] == "ledger"
    assert second.evidence["cooldown_seconds"] == 1800
    assert second.again_time is not None


def test_asked_too_soon_is_asked_again_once_and_then_believed(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    held = Held("d1", packed("seller-sku\tasin\n"), compression="GZIP")
    ended(client, amazon, "IN_QUEUE", "DONE", report_type=INVENTORY, held=held)
    client._connection.cooldowns.release(INVENTORY, [DE], math.inf)
    for _ in range(2):
        amazon.plot(INVENTORY, Plot(("IN_QUEUE", "IN_PROGRESS", "CANCELLED")))
    reports = client.reports(INVENTORY, marketplaces=["DE"], reuse=False)

    (outcome,) = reports.outcomes()

    assert outcome.kind is spr.OutcomeKind.EMPTY
    assert amazon.count("createReport") == 3
    assert 1700 < sum(time.slept) < 2200


@pytest.mark.parametrize(
    ("places", "kind"), [([DE], "too_soon"), ([FR], "empty"), ([FR, DE], "too_soon")]
)
def test_a_cool_down_spent_by_others_counts_where_they_asked_for_the_same_place(
    client: spr.Client, amazon: Amazon, places: list[str], kind: str
) -> None:
    amazon.add_report(
        reportType=INVENTORY,
        marketplaceIds=places,
        createdTime=written(amazon.time.now() - timedelta(minutes=5)),
    )
    outcome = ended(
        client,
        amazon,
        *("IN_QUEUE", "IN_PROGRESS", "CANCELLED"),
        report_type=INVENTORY,
        reuse=False,
    )

    assert outcome.kind == kind
    assert ("previous_report_id" in outcome.evidence) is (kind == "too_soon")
    assert amazon.count("getReports") == 1


def test_a_cool_down_spent_by_others_counts_after_ours_is_over(
    client: spr.Client, amazon: Amazon
) -> None:
    held = Held("d1", packed("seller-sku\tasin\n"), compression="GZIP")
    ended(client, amazon, "IN_QUEUE", "DONE", report_type=INVENTORY, held=held)
    amazon.time.skip(1801)
    foreign = amazon.add_report(reportType=INVENTORY, marketplaceIds=[DE])
    amazon.time.skip(60)
    client._connection.cooldowns.release(INVENTORY, [DE], math.inf)
    outcome = ended(
        client,
        amazon,
        *("IN_QUEUE", "IN_PROGRESS", "CANCELLED"),
        report_type=INVENTORY,
        reuse=False,
    )

    assert outcome.kind is spr.OutcomeKind.TOO_SOON
    assert outcome.evidence["previous_report_id"] == foreign["reportId"]
    assert outcome.evidence["previous_known_by"] == "getReports"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The report data is not yet available. Please try again later.", "not_ready"),
        ("Report is not ready yet", "not_ready"),
        ("reportPeriod must be WEEK", "wrong_options"),
        ("dataStartTime must be a Sunday", "wrong_options"),
        ("No data for the requested dates", "empty"),
        ("Something failed inside", "fatal"),
    ],
)
@pytest.mark.parametrize(
    ("zipped", "claimed"), [(True, True), (False, False), (True, False), (False, True)]
)
@pytest.mark.parametrize("key", ["errorDetails", "errorMessage", None])
def test_fatal_goes_by_its_document_however_that_is_served(
    client: spr.Client,
    amazon: Amazon,
    *,
    text: str,
    kind: str,
    zipped: bool,
    claimed: bool,
    key: str | None,
) -> None:
    held = said({key: text} if key else text, zipped=zipped, claimed=claimed)
    outcome = ended(client, amazon, "IN_QUEUE", "IN_PROGRESS", "FATAL", held=held)

    assert outcome.kind == kind
    assert outcome.evidence["document_text"] == text
    assert amazon.count("getReportDocument") == 1


DATES = '{"errorDetails": "dates are wrong"}'


@pytest.mark.parametrize(
    ("stored", "content_type", "text"),
    [
        (b"\xef\xbb\xbf" + DATES.encode(), None, "dates are wrong"),
        (DATES.encode("utf-16"), None, "dates are wrong"),
        (gzip.compress(gzip.compress(DATES.encode())), None, "dates are wrong"),
        (packed(DATES[:15]) + packed(DATES[15:]), None, "dates are wrong"),
        ("größer".encode("cp1252"), "text/plain;charset=Cp1252", "größer"),
        ("größer".encode("cp1252"), None, "größer"),
        ("無効です".encode("cp932"), "text/plain;charset=Windows-31J", "無効です"),
    ],
    ids=["mark", "utf-16", "twice", "members", "cp1252", "untold", "cp932"],
)
def test_a_fatal_document_is_read_as_reports_are(
    client: spr.Client,
    amazon: Amazon,
    stored: bytes,
    content_type: str | None,
    text: str,
) -> None:
    held = Held("why", stored, content_type=content_type)
    outcome = ended(client, amazon, "IN_QUEUE", "FATAL", held=held)

    assert outcome.evidence["document_text"] == text


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        (gzip.compress(DATES.encode())[:-12], "GZIP data is cut short; client.outcome"),
        (
            "größer".encode("cp1252"),
            "not UTF-8 at byte 2 of the plain document; client.",
        ),
    ],
    ids=["cut", "charset"],
)
def test_a_fatal_document_that_cannot_be_read_is_told_and_not_guessed(
    client: spr.Client, amazon: Amazon, stored: bytes, why: str
) -> None:
    outcome = ended(client, amazon, "FATAL", held=Held("why", stored))

    assert "document_text" not in outcome.evidence
    assert why in str(outcome.evidence["reason_unread"])
    assert "\ufffd" not in f"{outcome}"


def test_a_fatal_document_that_is_no_text_gives_no_reason(
    client: spr.Client, amazon: Amazon
) -> None:
    held = Held("why", b"%PDF-1.4 of something")
    outcome = ended(client, amazon, "FATAL", held=held)

    assert outcome.reason is None


def test_fatal_without_a_document_gives_no_reason(
    client: spr.Client, amazon: Amazon
) -> None:
    outcome = ended(client, amazon, "IN_QUEUE", "IN_PROGRESS", "FATAL")

    assert outcome.kind is spr.OutcomeKind.FATAL
    assert outcome.reason is None
    assert not outcome.heuristic


def test_a_vendor_report_within_its_hold_back_is_not_ready_without_a_word(
    client: spr.Client, amazon: Amazon
) -> None:
    midnight = amazon.time.now().replace(hour=0, minute=0, second=0, microsecond=0)
    outcome = ended(
        client,
        amazon,
        *("IN_QUEUE", "IN_PROGRESS", "FATAL"),
        report_type=VENDOR,
        start=midnight - 2 * DAY,
        end=midnight - DAY,
        options={"reportPeriod": "DAY"},
    )

    assert outcome.kind is spr.OutcomeKind.NOT_READY
    assert outcome.evidence["hold_back_days"] == 3
    assert outcome.again_time == midnight + 2 * DAY


def test_a_refused_request_names_what_amazon_says(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.script(
        "createReport", Fault(400, error("InvalidInput", "Invalid report option."))
    )
    outcome = ended(client, amazon, "IN_QUEUE")

    assert outcome.kind is spr.OutcomeKind.WRONG_OPTIONS
    assert outcome.evidence["status"] == 400
    assert outcome.reason == "InvalidInput: Invalid report option."
    assert outcome.report is None


@pytest.mark.slow
@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS"])
def test_a_report_that_does_not_move_for_hours_is_stuck(
    client: spr.Client, amazon: Amazon, status: str
) -> None:
    amazon.plot(ORDERS, Plot((status,) * 2000))
    reports = client.reports("orders", start="7d", marketplaces=["DE"])

    with pytest.raises(spr.WaitTimeoutError) as late:
        reports.wait()

    outcome = late.value.outcome
    assert outcome is not None
    assert outcome.kind is spr.OutcomeKind.STUCK
    assert outcome.evidence["processing_status"] == status
    assert outcome.report_id == late.value.report_id == next(iter(amazon.reports))

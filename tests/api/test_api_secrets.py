"""Made-up secrets are sent through every fault, and then looked for everywhere."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from spreports.api.operations import ReportsAPI
from spreports.errors import SPReportsError, UnauthorizedError
from tests.api.calls_table import ROWS, Row
from tests.api.scripted_amazon import (
    LWA,
    RDT,
    Reply,
    ScriptedAmazon,
    document_json,
    refusal,
)

HERE = str(Path(__file__).parent)
ECHO = (
    "canary-refresh canary-access canary-rdt canary-secret "
    "Atzr|canary-refresh Atza|canary-access Atz.sprdt|canary-rdt \x1b[2J"
)
IDS = "Atza|canary-access Atzr|canary-refresh Atz.sprdt|canary-rdt"
FAULTS = {
    "echoed by a 400": refusal(400, "InvalidInput", "you sent Atza|canary-access"),
    "echoed by a 403": refusal(403, "Unauthorized", "Atza|canary-access has expired"),
    "echoed by a 500": Reply(500, b"<html>" + ECHO.encode()),
    "429": refusal(429, "QuotaExceeded", "Atza|canary-access", Retry_After="9999"),
    "html": Reply(200, ECHO.encode()),
    "wrong shape": Reply(200, {"access": ECHO}),
    "redirect": Reply(302, headers={"Location": "https://x.example/?t=canary-access"}),
    "lost": Reply(lost=True),
    "a 403's request id": Reply(403, {}, {"x-amzn-RequestId": IDS}),
    "a good answer's": Reply(200, {"access": "x"}, {"x-amzn-RequestId": IDS}),
}


def shown(exc: BaseException) -> str:
    """Return all that a program, log or crash reporter could show of an exception."""
    seen = traceback.TracebackException.from_exception(exc, capture_locals=True)
    # The test's own frame holds the script, with all that is looked for
    ours = [f for f in seen.stack if not str(f.filename).startswith(HERE)]
    seen.stack[:] = ours
    assert ours
    chain = [exc]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    return "".join(
        [
            *seen.format(),
            *(f"{e} {e!r} {vars(e)} {type(e)}" for e in chain),
            repr(pickle.dumps(exc)),
        ]
    )


@pytest.fixture
def scripted(amazon: ScriptedAmazon) -> ScriptedAmazon:
    token = {"access_token": "Atza|canary-access", "expires_in": 3600}
    amazon.on(f"POST {LWA}", Reply(200, token))
    amazon.on(
        f"POST {RDT}", Reply(200, {"restrictedDataToken": "Atz.sprdt|canary-rdt"})
    )
    return amazon


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_secret_shows_in_errors_or_logs(
    row: Row,
    fault: str,
    scripted: ScriptedAmazon,
    api: ReportsAPI,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scripted.on(row.on, FAULTS[fault])
    caplog.set_level(logging.DEBUG)  # the root logger, so urllib3's lines as well

    found = ""
    try:
        row.call(api)
    except SPReportsError as exc:
        found = shown(exc)

    assert "canary" not in found
    assert "canary" not in caplog.text
    assert "\x1b" not in found
    assert any(record.name.startswith("urllib3") for record in caplog.records)
    assert f"{row.operation} " in caplog.text


@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_shows_when_lwa_fails(
    fault: str,
    amazon: ScriptedAmazon,
    api: ReportsAPI,
    caplog: pytest.LogCaptureFixture,
) -> None:
    amazon.on(f"POST {LWA}", FAULTS[fault])
    caplog.set_level(logging.DEBUG)

    with pytest.raises(SPReportsError) as caught:
        api.get_report("R1")

    assert "canary" not in shown(caught.value)
    assert "canary" not in caplog.text


def test_a_client_secret_in_a_request_id_is_blotted_out(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    echo = {"x-amzn-RequestId": "r canary-secret canary-client-id"}
    amazon.on(f"POST {LWA}", Reply(401, {"error": "invalid_client"}, echo))

    with pytest.raises(UnauthorizedError) as caught:
        api.get_report("R1")

    assert caught.value.request_id == "r *** ***"
    assert "canary" not in shown(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_shows_when_a_restricted_document_fails(
    fault: str,
    scripted: ScriptedAmazon,
    api: ReportsAPI,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scripted.on("GET /reports/2021-06-30/documents/D1", FAULTS[fault])
    caplog.set_level(logging.DEBUG)

    with pytest.raises(SPReportsError) as caught:
        api.get_report_document("D1", restricted=True)

    assert "canary" not in shown(caught.value)
    assert "canary" not in caplog.text


def test_the_presigned_url_of_a_good_answer_shows_only_when_asked_for(
    scripted: ScriptedAmazon, api: ReportsAPI, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.on("GET /reports/2021-06-30/documents/D1", document_json())
    caplog.set_level(logging.DEBUG)

    document = api.get_report_document("D1", restricted=True)

    assert "canary-signature" in document.url
    assert "canary" not in f"{document} {caplog.text}"


def test_details_are_cut_cleaned_and_redacted(
    scripted: ScriptedAmazon, api: ReportsAPI
) -> None:
    entry = {"code": "C\r\n", "message": "é" * 5000 + ECHO, "details": "x"}
    scripted.on(
        "GET /reports/2021-06-30/reports/R1", Reply(400, {"errors": [entry] * 50})
    )

    with pytest.raises(SPReportsError) as caught:
        api.get_report("R1")

    details = vars(caught.value)["details"]
    assert sum(len(str(each).encode()) for each in details) <= 2048 + 20
    assert details[0].code == "C"

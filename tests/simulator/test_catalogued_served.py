"""The simulator serves any catalogued type, as it serves its own five."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from spreports import catalog
from spreports.simulator.content import generate
from tests.simulator.asking import DE, US
from tests.simulator.cataloguing import LIVE
from tests.simulator.conftest import MakeCaller

WINDOW = {
    "dataStartTime": "2026-10-04T00:00:00Z",
    "dataEndTime": "2026-10-10T00:00:00Z",
}


@pytest.mark.parametrize(
    "name",
    [
        "afn_inventory",
        "epr_monthly",
        "search_terms",
        "asin_page_views",
        "fee_discounts",
    ],
)
def test_a_catalogued_document_is_served_as_it_was_made(
    calling: MakeCaller, name: str
) -> None:
    entry = catalog.lookup(name)
    caller = calling(seed=5, rows=30)

    url = caller.url(entry.report_type, [DE], **WINDOW)
    stored = caller.session.get(url)

    plain = gzip.decompress(stored.content)
    if entry.format == "json":
        assert json.loads(plain)["reportSpecification"]["dataStartTime"] == "2026-10-04"
        assert json.loads(plain)["reportSpecification"]["dataEndTime"] == "2026-10-10"
    elif entry.format == "xlsx":
        with zipfile.ZipFile(io.BytesIO(plain)) as workbook:
            assert workbook.testzip() is None
            assert "xl/worksheets/sheet1.xml" in workbook.namelist()
    else:
        made = generate(entry, seed=5, rows=30, marketplace="DE")
        header = plain.splitlines()[0]
        assert header == next(made.blocks()).splitlines()[0]
        assert stored.headers["Content-Type"] == made.content_type


def test_the_echo_has_the_options_and_marketplaces_of_the_request(
    calling: MakeCaller,
) -> None:
    caller = calling()
    options = {"reportPeriod": "DAY"}
    # One day: Amazon takes its first moment twice
    day = {
        "dataStartTime": "2026-10-04T00:00:00Z",
        "dataEndTime": "2026-10-04T00:00:00Z",
    }

    report_type = catalog.lookup("search_terms").report_type
    url = caller.url(report_type, [US], reportOptions=options, **day)

    echo = json.loads(gzip.decompress(caller.session.get(url).content))
    assert echo["reportSpecification"] == {
        "reportType": report_type,
        "reportOptions": options,
        "dataStartTime": "2026-10-04",
        "dataEndTime": "2026-10-04",
        "marketplaceIds": [US],
    }


def test_every_requestable_type_with_known_columns_ends_done(
    calling: MakeCaller,
) -> None:
    caller = calling(rows=1)
    requestable = [entry for entry in LIVE if entry.requestable]

    made = {
        entry.report_type: caller.create(entry.report_type, [DE], **WINDOW)
        for entry in requestable
    }
    caller.clock.advance(300)

    for report_type, answer in made.items():
        assert answer.status_code == 202, report_type
        report = caller.report(answer.json()["reportId"])
        assert report["processingStatus"] == "DONE", report_type
    assert len(made) > 60


def test_a_catalogued_type_that_is_restricted_needs_its_token(
    calling: MakeCaller,
) -> None:
    caller = calling(rows=1)
    restricted = next(
        entry
        for entry in LIVE
        if entry.restricted and entry.requestable and entry.format == "tsv"
    )

    report = caller.finished(restricted.report_type, [DE])

    assert caller.document(report["reportDocumentId"]).status_code == 403

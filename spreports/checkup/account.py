"""Check an account by a few cheap calls: login, region, clock, roles, restricted data.

getReports is the cheapest operation that needs a role: it makes nothing. One call names
a report type of every area; only where that is refused each area is asked for alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from spreports.api.login import LOGIN
from spreports.api.models import ProcessingStatus
from spreports.api.operations import ReportsAPI
from spreports.checkup.finding import Cause, Finding
from spreports.errors import (
    APIError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ThrottledError,
    UnauthorizedError,
)

__all__ = ["AREAS", "check_account"]

# One report type that stands for its area; roles are given by area.
AREAS: Mapping[str, str] = MappingProxyType(
    {
        "orders": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        "listings": "GET_MERCHANT_LISTINGS_ALL_DATA",
        "fulfilment by Amazon": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
        "settlements": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "sales and traffic": "GET_SALES_AND_TRAFFIC_REPORT",
        "brand analytics": "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT",
        "vendors": "GET_VENDOR_SALES_REPORT",
    }
)
# Up to ten types in one call: what a restricted data token would be needed for.
RESTRICTED_TYPES = (
    "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
    "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX",
    "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING",
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
)
# Seconds: HTTP dates are whole seconds, and answers take a moment.
SKEW_TO_WARN, SKEW_TO_FAIL = 60.0, 300.0
HURRIED = "; or the endpoint's is wrong: a simulator's hurries (simulate --speed 1)"


def check_account(apis: Mapping[str, ReportsAPI]) -> Iterator[Finding]:
    """Ask Amazon what this account may do.

    Parameters
    ----------
    apis : mapping of str to ReportsAPI, not empty
        By region, or one under ``"endpoint"``: each is asked until one knows the
        seller.

    Yields
    ------
    Finding
        ``"login"``, ``"region"``, ``"clock"``, ``"role for <area>"`` for each area, and
        ``"restricted data"``; after a failure that leaves nothing to ask, no more.
    """
    try:
        region, refusals = _region(apis)
    except APIError as exc:
        yield from _failed(exc)
        return
    yield Finding(check="login", status="ok", message="Login with Amazon gave a token")
    api = apis[region]
    yield _clock(api, is_own_endpoint=region == "endpoint")
    if len(refusals) == len(AREAS):
        yield _fits_nowhere(list(apis), refusals)
        return
    yield Finding(check="region", status="ok", message=f"{region} knows this seller")
    for area in AREAS:
        yield _role(area, refusals.get(area))
    yield _restricted(api)


def _region(apis: Mapping[str, ReportsAPI]) -> tuple[str, dict[str, APIError]]:
    """Find the region that knows the seller, and the areas that are refused there."""
    for region, api in apis.items():
        try:
            _list(api, list(AREAS.values()))
        except ForbiddenError:
            continue
        return region, {}
    found: tuple[str, dict[str, APIError]] = "", {}
    for region, api in apis.items():
        found = region, _refusals(api)
        if len(found[1]) < len(AREAS):
            break
    return found


def _refusals(api: ReportsAPI) -> dict[str, APIError]:
    """Ask for each area alone."""
    refusals: dict[str, APIError] = {}
    for area, report_type in AREAS.items():
        try:
            _list(api, [report_type])
        except (ForbiddenError, ThrottledError, BadRequestError) as exc:
            refusals[area] = exc
    return refusals


def _list(api: ReportsAPI, report_types: Sequence[str]) -> None:
    """List one report of these types, and drop it."""
    api.get_reports(report_types=report_types, page_size=1)


def _failed(exc: APIError) -> Iterator[Finding]:
    """Say what the first call ended with."""
    cause: Cause = "network"
    advice = "check the network and any proxy, then try again"
    if isinstance(exc, UnauthorizedError):
        cause, advice = "credentials", "see the message; it says which value to look at"
    elif isinstance(exc, ThrottledError):
        used = "the login's own quota" if exc.operation == LOGIN else "quota"
        advice = f"{used} is used up: try again in a few minutes"
    elif exc.hopeless:
        cause, advice = "setup", "see the message; it says what to mend on this machine"
    elif isinstance(exc, BadRequestError | NotFoundError):
        advice = "is endpoint= (SPREPORTS_ENDPOINT) an address of the API?"
    login = exc.operation == LOGIN
    if not login:
        yield Finding(
            check="login", status="ok", message="Login with Amazon gave a token"
        )
    yield Finding(
        check="login" if login else "region",
        status="failed",
        message=str(exc),
        advice=advice,
        cause=cause,
    )


def _fits_nowhere(regions: Sequence[str], refusals: Mapping[str, APIError]) -> Finding:
    """Say that everything is refused."""
    throttled = any(isinstance(exc, ThrottledError) for exc in refusals.values())
    if throttled:
        return Finding(
            check="region",
            status="failed",
            message="not known: the quota of getReports is used up",
            advice="try again in some minutes; others use this account's quota, too",
            cause="network",
        )
    return Finding(
        check="region",
        status="failed",
        message=f"403 for reports of every kind at {', '.join(regions)}",
        advice="set region= (SPREPORTS_REGION) to the seller's own: na, eu or fe; if "
        "it is, the application has no role for reports: authorise it again",
        cause="credentials",
    )


def _clock(api: ReportsAPI, *, is_own_endpoint: bool) -> Finding:
    """Compare this machine's clock with the Date of Amazon's answers."""
    skew = api.clock_skew
    if skew is None:
        return Finding(
            check="clock", status="skipped", message="the answers had no Date"
        )
    off = abs(skew)
    ahead = "ahead of" if skew > 0 else "behind"
    if off < SKEW_TO_WARN:
        return Finding(check="clock", status="ok", message="agrees with Amazon's")
    return Finding(
        check="clock",
        status="failed" if off >= SKEW_TO_FAIL else "warning",
        message=f"{off:.0f} s {ahead} Amazon's",
        advice="set it by network time (NTP): windows that end now, and tokens that "
        "expire, go by it" + HURRIED * is_own_endpoint,
        cause="setup" if off >= SKEW_TO_FAIL else None,
    )


def _role(area: str, refusal: APIError | None) -> Finding:
    """Say whether reports of an area may be listed."""
    check = f"role for {area}"
    if refusal is None:
        return Finding(check=check, status="ok", message="its reports may be listed")
    if not isinstance(refusal, ForbiddenError):
        return Finding(check=check, status="skipped", message=f"not known: {refusal}")
    return Finding(
        check=check,
        status="warning",
        message="403: its reports are refused",
        advice="if you need them, add the role to the application and authorise it "
        "again; sellers have no vendor reports, and vendors no others",
    )


def _restricted(api: ReportsAPI) -> Finding:
    """Try for the right to personal data, where there is a document to try it on."""
    check = "restricted data"
    try:
        page = api.get_reports(
            report_types=RESTRICTED_TYPES,
            processing_statuses=[ProcessingStatus.DONE],
            page_size=1,
        )
        document_ids = [r.report_document_id for r in page.reports]
        if not document_ids or document_ids[0] is None:
            return Finding(
                check=check,
                status="skipped",
                message="not checked: a token is for one document, and Amazon has no "
                "finished report with personal data to try it on",
            )
        api.check_restricted(document_ids[0])
    except ForbiddenError:
        return Finding(
            check=check,
            status="warning",
            message="403: personal data is refused",
            advice="reports with buyers' names and addresses need a restricted role; "
            "the others work without",
        )
    except APIError as exc:
        return Finding(check=check, status="skipped", message=f"not known: {exc}")
    return Finding(
        check=check,
        status="ok",
        message="a token for one document was given; nothing was downloaded",
    )

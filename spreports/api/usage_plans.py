"""How often each operation may be asked, as the reference states it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["USAGE_PLANS", "UsagePlan"]


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """What the reference allows an account and application together.

    Attributes
    ----------
    rate : float, requests per second
    burst : int, requests
    """

    rate: float
    burst: int


# Source: Reports API v2021-06-30, Usage Plan of each operation; Tokens API v2021-03-01.
USAGE_PLANS: dict[str, UsagePlan] = {
    "getReports": UsagePlan(0.0222, 10),
    "createReport": UsagePlan(0.0167, 15),
    "getReport": UsagePlan(2.0, 15),
    "cancelReport": UsagePlan(0.0222, 10),
    "getReportSchedules": UsagePlan(0.0222, 10),
    "createReportSchedule": UsagePlan(0.0222, 10),
    "getReportSchedule": UsagePlan(0.0222, 10),
    "cancelReportSchedule": UsagePlan(0.0222, 10),
    "getReportDocument": UsagePlan(0.0167, 15),
    "createRestrictedDataToken": UsagePlan(1.0, 10),
}

"""One operation's bucket, as pure steps: book a slot, empty it, change its rate.

The generic cell rate algorithm: the whole state is one time, one rate and what was seen
of others who draw on the same quota, which a file shared by processes can hold as well
as memory can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from spreports.api.usage_plans import UsagePlan

__all__ = [
    "RATE_MARGIN",
    "Bucket",
    "book",
    "drain",
    "known",
    "rerate",
    "wait_for_slot",
]

# Rates come with four decimals: 0.0167 may be a minute exactly, which is 0.2 % slower
# and in the worst case 0.3 %. A hundredth covers that and a clock that is being slewed.
RATE_MARGIN = 0.99
# A request arrives a little after its slot, and the next one may not: two that left an
# interval apart then arrive closer than that. So the burst ends this much early, but
# never by more than the interval of one request.
SLACK_SECONDS = 1.0

# What we take of the quota when others leave less: not less than this share.
LEAST_SHARE = 0.2
# A measured share is what others left us; a little less lets the bucket fill up again.
SHARE_MARGIN = 0.95
# How much a share grows with each request, until the next 429 says where the limit is.
# Once others have left, createReport is back from half to all after 101 requests, which
# take 2.6 hours; a pause in which the bucket fills forgets them at once. Growth of 0.02
# would take 49 minutes, and bring 1.4 to 1.7 times as many 429s while they are there
# (both in the model of the tests).
SHARE_GROWTH = 0.005
# So many intervals without a request that could have gone out: the bucket was not ours
# to measure in that time.
IDLE_INTERVALS = 2.0
# No bucket is further from a slot than this; a state that says so was kept by a version
# that believed every Retry-After. Slots are booked some minutes ahead, and the slowest
# rate that is believed makes hours of them.
LONGEST_WAIT = 86400.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """The state of one operation's bucket.

    Attributes
    ----------
    full_at : float, seconds
        When the bucket would be full again if nobody asked any more; in the past for a
        full one. (The theoretical arrival time of the algorithm.)
    rate : float, requests per second
        As last learned; the margin is not in it.
    share : float, above 0 to 1
        What others who use the same quota seem to leave us of the rate.
    refused_at : float or None, seconds
        The last 429, where we have asked as fast as we may since then.
    granted : int
        Requests since `refused_at`.
    """

    full_at: float
    rate: float
    share: float = 1.0
    refused_at: float | None = None
    granted: int = 0


def _interval_of(state: Bucket) -> float:
    """Return the seconds between two requests of a steady stream."""
    return 1.0 / (state.rate * state.share * RATE_MARGIN)


def known(state: Bucket | None, now: float, plan: UsagePlan) -> Bucket:
    """Return a state as far as it can be believed; a full bucket for None."""
    if state is None:
        return Bucket(now, plan.rate)
    latest = now + _tolerance(plan, _interval_of(state)) + LONGEST_WAIT
    return state if state.full_at <= latest else replace(state, full_at=latest)


def wait_for_slot(state: Bucket, now: float, plan: UsagePlan, number: int = 1) -> float:
    """Return the seconds until the `number`-th slot from now; books nothing."""
    interval = _interval_of(state)
    start = max(state.full_at, now) + (number - 1) * interval
    wait = start - _tolerance(plan, interval) - now
    # Less than a microsecond is what rounding leaves, not a wait
    return wait if wait > 1e-6 else 0.0


def book(state: Bucket, now: float, plan: UsagePlan) -> tuple[Bucket, float]:
    """Book the next free slot.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    plan : UsagePlan
        Gives the burst; the rate is the state's.

    Returns
    -------
    tuple of Bucket and float
        The new state, and the seconds to wait until the slot; 0 while the burst lasts.
        Slots are handed out in order, so whoever books first goes first.
    """
    if state.full_at <= now:
        # Nobody has asked for a whole burst's time: what was seen then says nothing now
        state = Bucket(state.full_at, state.rate)
    interval = _interval_of(state)
    free_since = state.full_at - _tolerance(plan, interval)
    idle = now - free_since > IDLE_INTERVALS * interval
    after = replace(
        state,
        full_at=max(state.full_at, now) + interval,
        share=min(1.0, state.share + SHARE_GROWTH) if state.share < 1.0 else 1.0,
        refused_at=None if idle else state.refused_at,
        granted=state.granted + 1,
    )
    return after, wait_for_slot(state, now, plan)


def drain(
    state: Bucket, now: float, plan: UsagePlan, at_least: float = 0.0
) -> tuple[Bucket, float]:
    """Empty a bucket after Amazon has refused a request.

    Between two refusals the bucket went from empty to empty, so everything that flowed
    in was used: our own requests tell how much of it was left for us. From then on we
    ask that often, and 429s do not come back with every slot.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    plan : UsagePlan
    at_least : float, seconds
        A Retry-After.

    Returns
    -------
    tuple of Bucket and float
        The new state, and the least seconds until its next slot: one interval.
    """
    debt = max(0.0, state.full_at - now) / _interval_of(state)
    measured = replace(state, share=_share(state, now))
    if state.refused_at is None or now - state.refused_at >= _interval_of(state):
        measured = replace(measured, refused_at=now, granted=0)
    interval = _interval_of(measured)
    wait = max(interval, at_least)
    empty = now + wait + _tolerance(plan, interval)
    full_at = max(now + debt * interval, empty)
    return replace(measured, full_at=full_at), wait


def rerate(state: Bucket, now: float, rate: float) -> Bucket:
    """Change a bucket's rate; the debt keeps its number of requests, not of seconds.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    rate : float, requests per second

    Returns
    -------
    Bucket
        A spent burst stays spent when the rate falls.
    """
    debt = max(0.0, state.full_at - now) * state.rate
    return replace(state, full_at=now + debt / rate, rate=rate)


def _tolerance(plan: UsagePlan, interval: float) -> float:
    """Return how far ahead of a steady stream requests may go, in seconds."""
    slack = min(SLACK_SECONDS, interval)
    return max(0.0, (plan.burst - 1) * interval - slack)


def _share(state: Bucket, now: float) -> float:
    """Return the share that others seem to have left us since the last refusal."""
    if state.refused_at is None:
        return state.share
    elapsed = now - state.refused_at
    if elapsed < _interval_of(state):
        return state.share
    # The refused request itself was not granted
    seen = max(0, state.granted - 1) / (elapsed * state.rate)
    return max(LEAST_SHARE, state.share / 2, min(state.share, seen * SHARE_MARGIN))

"""When the calls of many reports are granted: the buckets' own arithmetic, run ahead.

Nothing is asked and nothing is booked: the steps are those that the limiter takes, on
copies of its states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spreports.api.bucket import Bucket, book, wait_for_slot
from spreports.api.usage_plans import USAGE_PLANS

__all__ = [
    "CREATE",
    "DOCUMENT",
    "RESTRICTED",
    "CoolDownLeft",
    "Demand",
    "Estimate",
    "estimate",
]

CREATE, DOCUMENT = "createReport", "getReportDocument"
RESTRICTED = "createRestrictedDataToken"
# What a report takes at Amazon before it is DONE. Seen in practice: tens of seconds
# to a few minutes; only an estimate, and said to be one wherever it is shown.
PROCESSING_SECONDS = 90.0
# How often a report of that length is polled (reports/ticket.py, POLL_*).
TYPICAL_POLLS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolDownLeft:
    """How soon a report type may be asked for again.

    Attributes
    ----------
    report_type : str
    seconds : float
        Between two reports of one marketplace.
    waits : mapping of tuple of str to float, seconds
        What is left of it now, by group of marketplaces; reports take the groups in
        turn. Those that name a marketplace both, of any demand, share its cool-down.
    """

    report_type: str
    seconds: float
    waits: Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What reports of one description still need.

    Attributes
    ----------
    reports : int
        In all.
    adopted : int
        Those that exist already, finished or not, and are not created.
    unfinished : int
        Those of `adopted` that Amazon is still working on.
    stored : int
        Those of `adopted` whose documents are here already.
    restricted : bool
        Whether each document needs a restricted data token first.
    cooldown : CoolDownLeft or None
    """

    reports: int
    adopted: int = 0
    unfinished: int = 0
    stored: int = 0
    restricted: bool = False
    cooldown: CoolDownLeft | None = None

    @property
    def created(self) -> int:
        """Reports to be created."""
        return self.reports - self.adopted


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the calls of all demands together come to.

    Attributes
    ----------
    calls : mapping of str to int
        By operation, without those that are not needed; getReport's are a guess.
    waits : mapping of str to float, seconds
        Until the last call of an operation is granted, if nothing else held it up; and
        of a cool-down, by ``"cool-down of <report type>"``.
    bottleneck : str or None
        The longest of `waits`; of equal ones the last in the flow.
    seconds : float
        Until the last document may be fetched.
    """

    calls: Mapping[str, int]
    waits: Mapping[str, float]
    bottleneck: str | None
    seconds: float


@dataclass(slots=True)
class _Lane:
    """One operation's bucket, run ahead; times are seconds from now."""

    operation: str
    state: Bucket
    free: float = 0.0

    def grant(self, arrival: float) -> float:
        """Return when a call that could go out at `arrival` is let out."""
        arrival = max(arrival, self.free)
        self.state, wait = book(self.state, arrival, USAGE_PLANS[self.operation])
        self.free = arrival + wait
        return self.free


@dataclass(slots=True)
class _Queue:
    """Reports of one demand and one group of marketplaces, waiting to be created."""

    left: int
    cooldown: CoolDownLeft | None
    places: tuple[tuple[str, str], ...]  # report type and marketplace
    restricted: bool


class _Cooling:
    """When each marketplace may be asked about again, run ahead for all demands."""

    def __init__(self, demands: Sequence[Demand]) -> None:
        self._free: dict[tuple[str, str], float] = {}
        for cooldown in [d.cooldown for d in demands if d.cooldown]:
            for group, wait in cooldown.waits.items():
                for place in _places(cooldown, group):
                    # A group cools as long as the last of it, so none longer than that
                    self._free[place] = min(wait, self._free.get(place, wait))

    def free(self, queue: _Queue) -> float:
        """Return when the next report of a queue may be asked for."""
        return max((self._free[place] for place in queue.places), default=0.0)

    def begin(self, queue: _Queue, asked: float) -> None:
        """Begin the cool-down of a report that is asked for then."""
        if queue.cooldown is not None:
            for place in queue.places:
                self._free[place] = asked + queue.cooldown.seconds


def estimate(demands: Sequence[Demand], states: Mapping[str, Bucket]) -> Estimate:
    """Run the buckets ahead for all demands of one account.

    Parameters
    ----------
    demands : sequence of Demand
    states : mapping of str to Bucket
        By operation, ``full_at`` in seconds from now; full where left out.

    Returns
    -------
    Estimate

    Source: Reports API v2021-06-30, Usage Plan of each operation.
    """
    calls = _calls(demands)
    waits = {
        name: wait_for_slot(_state(states, name), 0.0, USAGE_PLANS[name], count)
        for name, count in calls.items()
        if name != "getReport"  # polls pace themselves, far below their plan
    }
    waits.update(_cooldown_waits(demands))
    order = list(waits)
    bottleneck = max(reversed(order), key=waits.__getitem__) if order else None
    return Estimate(
        calls=calls,
        waits=waits,
        bottleneck=bottleneck,
        seconds=_finished(demands, states),
    )


def _calls(demands: Sequence[Demand]) -> dict[str, int]:
    """Count the calls by operation, in the order of the flow."""
    created = sum(d.created for d in demands)
    calls = {
        CREATE: created,
        "getReport": TYPICAL_POLLS * created
        + sum(max(0, d.adopted - d.stored) for d in demands),
        RESTRICTED: sum(d.reports - d.stored for d in demands if d.restricted),
        DOCUMENT: sum(d.reports - d.stored for d in demands),
    }
    return {name: count for name, count in calls.items() if count}


def _cooldown_waits(demands: Sequence[Demand]) -> dict[str, float]:
    """Return how long cool-downs alone would take."""
    cooled = [each for each in demands if each.cooldown and each.created]
    last = {d.cooldown.report_type: 0.0 for d in cooled if d.cooldown}
    for asked, queue in _created(cooled, lambda arrival: arrival):
        if queue.cooldown is not None:
            name = queue.cooldown.report_type
            last[name] = max(last[name], asked)
    return {f"cool-down of {name}": wait for name, wait in last.items() if wait > 0}


def _queues(demand: Demand) -> list[_Queue]:
    """Part the reports to be created into those that share a cool-down."""
    cooldown = demand.cooldown
    groups = list(cooldown.waits) if cooldown else [()]
    share, more = divmod(demand.created, len(groups))
    return [
        _Queue(
            left=share + (number < more),
            cooldown=cooldown,
            places=_places(cooldown, group) if cooldown else (),
            restricted=demand.restricted,
        )
        for number, group in enumerate(groups)
    ]


def _places(
    cooldown: CoolDownLeft, group: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return what a report of a group of marketplaces makes cool."""
    return tuple((cooldown.report_type, marketplace) for marketplace in group)


def _finished(demands: Sequence[Demand], states: Mapping[str, Bucket]) -> float:
    """Return when the last document may be fetched."""
    ready = [
        (0.0, demand.restricted)
        for demand in demands
        for _ in range(demand.adopted - demand.stored - demand.unfinished)
    ]
    ready += [
        (PROCESSING_SECONDS, demand.restricted)
        for demand in demands
        for _ in range(demand.unfinished)
    ]
    creating = _Lane(CREATE, _state(states, CREATE))
    ready += [
        (created + PROCESSING_SECONDS, queue.restricted)
        for created, queue in _created(demands, creating.grant)
    ]
    tokens = _Lane(RESTRICTED, _state(states, RESTRICTED))
    documents = _Lane(DOCUMENT, _state(states, DOCUMENT))
    last = 0.0
    for arrival, restricted in sorted(ready):
        last = documents.grant(tokens.grant(arrival) if restricted else arrival)
    return last


def _created(
    demands: Sequence[Demand], grant: Callable[[float], float]
) -> Iterator[tuple[float, _Queue]]:
    """Yield when each report is created, and which queue it is of.

    Whoever is not cooling goes first, in order; a bucket does not wait for a cool-down.
    """
    cooling = _Cooling(demands)
    waiting = [q for demand in demands for q in _queues(demand) if q.left]
    now = 0.0
    while waiting:
        ready = next((each for each in waiting if cooling.free(each) <= now), None)
        queue = ready or min(waiting, key=cooling.free)
        now = grant(cooling.free(queue))
        cooling.begin(queue, now)
        queue.left -= 1
        waiting = [each for each in waiting if each.left]
        yield now, queue


def _state(states: Mapping[str, Bucket], operation: str) -> Bucket:
    """Return an operation's state; a full bucket where none is known."""
    return states.get(operation) or Bucket(0.0, USAGE_PLANS[operation].rate)

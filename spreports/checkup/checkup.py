"""Check credentials, account, store and extras, in the order in which they matter."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from spreports.api.connection import connect_api
from spreports.api.credentials import Credentials
from spreports.api.marketplaces import REGIONS
from spreports.api.operations import ReportsAPI
from spreports.api.throttle import Throttle
from spreports.checkup.account import check_account
from spreports.checkup.extras import check_extras
from spreports.checkup.finding import Cause, Finding
from spreports.checkup.store import check_store
from spreports.client.connecting import simulator_settings
from spreports.client.settings import (
    Settings,
    check_home,
    read_home,
    read_settings,
)
from spreports.clock import Clock, SystemClock
from spreports.errors import ConfigError
from spreports.facts import read_catalogue
from spreports.flags import check_flag
from spreports.load.store import Store
from spreports.quota import QuotaFile, SharedBuckets

__all__ = ["check_setup"]

# A check that waits minutes for quota is no check.
CALL_SECONDS = 20.0


def check_setup(
    target: str | None = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    credentials: Credentials | None = None,
    endpoint: str | None = None,
    token_url: str | None = None,
    home: str | os.PathLike[str] | None = None,
    offline: bool = False,
) -> list[Finding]:
    """Find out what stands in the way of a first report, and what to do about it.

    Costs up to three calls of getReports where all is well, and up to a dozen where
    rights are missing; makes no report and downloads no document. Whether an
    application may *create* reports of a type is not tried out: that costs a report.

    Parameters
    ----------
    target, profile, region, credentials, endpoint, token_url, home : see `connect`
        What `connect` would be told. A region that is not said is looked for.
    offline : bool
        Make no calls; what needs them is skipped. A region or an address that cannot
        be one is found all the same.

    Returns
    -------
    list of Finding
        Credentials, login, clock, region, roles, restricted data, catalogue (where
        ``SPREPORTS_CATALOGUE`` is set), store, extras. What fails is a finding, not an
        error.

    Raises
    ------
    ConfigError
        `target` is neither None nor ``"simulator"``.
    TypeError
        `offline` is neither True nor False, or another argument of the wrong kind, as
        in `connect`.
    """
    check_flag("offline", offline)
    check_home(home)
    if target not in (None, "simulator"):
        raise ConfigError(f"check_setup({target!r}): the only target is 'simulator'")
    with ExitStack() as stack:
        clock: Clock = SystemClock()

        if target == "simulator":
            settings, clock = _simulated(home, stack)
            found: Settings | Finding = settings
            place = _home(settings.home)
        else:
            found = _settings(
                lambda: read_settings(
                    # Both are checked by themselves
                    {**os.environ, "SPREPORTS_HOME": "", "SPREPORTS_CATALOGUE": ""},
                    profile=profile,
                    region=region,
                    credentials=credentials,
                    endpoint=endpoint,
                    token_url=token_url,
                    home=None,
                )
            )
            place = _home(home)
        stored = [place] if isinstance(place, Finding) else list(check_store(place))
        failed = any(finding.status == "failed" for finding in stored)
        usable = None if failed or isinstance(place, Finding) else place
        return [
            *_account(found, clock, usable, offline=offline),
            *_catalogue(),
            *stored,
            *check_extras(),
        ]


def _simulated(
    home: str | os.PathLike[str] | None, stack: ExitStack
) -> tuple[Settings, Clock]:
    """Start a simulator for the length of the check."""
    from spreports.simulator import Simulator  # noqa: PLC0415 - only when asked for

    simulator = stack.enter_context(Simulator())
    scratch = stack.enter_context(tempfile.TemporaryDirectory())
    return simulator_settings(simulator, Path(home or scratch)), simulator.clock


def _home(home: str | os.PathLike[str] | None) -> Path | Finding:
    """Return where `connect` would keep its store, or why nowhere."""
    try:
        return Store(read_home(os.environ, home)).home
    except ConfigError as exc:
        return _unusable("store", exc, "setup")


def _catalogue() -> Iterator[Finding]:
    """Say whether the user's own report types can be read, where there are any."""
    try:
        own = read_catalogue(os.environ).own
    except ConfigError as exc:
        yield _unusable("catalogue", exc, "setup")
        return
    if own:
        message = f"read of SPREPORTS_CATALOGUE: {', '.join(sorted(own))}"
        yield Finding(check="catalogue", status="ok", message=message)


def _settings(read: Callable[[], Settings]) -> Settings | Finding:
    """Return the settings, or what is wrong with them."""
    try:
        return read()
    except (ConfigError, ValueError) as exc:
        return _unusable("credentials", exc)


def _unusable(check: str, exc: Exception, cause: Cause = "credentials") -> Finding:
    """Return what an error of ours says, which says what to do as well."""
    return Finding(
        check=check,
        status="failed",
        message=str(exc),
        advice="see the message",
        cause=cause,
    )


def _account(
    settings: Settings | Finding, clock: Clock, home: Path | None, *, offline: bool
) -> Iterator[Finding]:
    """Check the settings, and with them the account."""
    if isinstance(settings, Finding):
        yield settings
        return
    yield Finding(
        check="credentials",
        status="ok",
        message=f"all three are set, from {settings.source}; account "
        f"{settings.account} ({'by its name' if settings.name else 'a fingerprint'})",
    )
    with ExitStack() as stack:
        try:
            # Asks nothing, and without a home keeps nothing: settings are looked at
            apis = _apis(settings, clock, None if offline else home, stack)
        except ConfigError as exc:
            yield _unusable("region", exc)
            return
        if not offline:
            yield from check_account(apis)
            return
    for check in ("login", "clock", "region", "roles", "restricted data"):
        yield Finding(check=check, status="skipped", message="offline")


def _apis(
    settings: Settings, clock: Clock, home: Path | None, stack: ExitStack
) -> Mapping[str, ReportsAPI]:
    """Return the API to ask, or one for each region where none is named."""
    buckets = None
    if home is not None:
        file = QuotaFile(home / "quota.sqlite")
        stack.callback(file.close)
        buckets = SharedBuckets(file, settings.account, clock)
    throttle = Throttle(clock, buckets)

    def api(region: str | None) -> ReportsAPI:
        return stack.enter_context(
            connect_api(
                settings.credentials,
                region=region,
                region_by=settings.region_by,
                endpoint=settings.endpoint,
                token_url=settings.token_url,
                clock=clock,
                throttle=throttle,
                deadline_seconds=CALL_SECONDS,
            )
        )

    if settings.endpoint is not None:
        return {"endpoint": api(settings.region)}
    names = [settings.region] if settings.region else [r.name for r in REGIONS]
    return {name: api(name) for name in names}

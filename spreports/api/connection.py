"""Join the parts of the thin layer to an API that can be called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spreports.api.auth import TokenSource
from spreports.api.credentials import Credentials
from spreports.api.marketplaces import TOKEN_URL, Region, find_region
from spreports.api.operations import ReportsAPI
from spreports.api.origin import Origin
from spreports.api.throttle import Throttle
from spreports.api.transport import Transport
from spreports.clock import Clock, SystemClock
from spreports.errors import ConfigError

__all__ = ["connect_api"]

DEADLINE_SECONDS = 900.0


def connect_api(
    credentials: Credentials,
    *,
    region: str | Region | None = None,
    region_by: str = "region=",
    endpoint: str | None = None,
    token_url: str | None = None,
    clock: Clock | None = None,
    throttle: Throttle | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> ReportsAPI:
    """Return the API of one account in one region; nothing is asked yet.

    Parameters
    ----------
    credentials : Credentials
    region : str or Region, optional
        ``"na"``, ``"eu"`` or ``"fe"``. Left out, the first call that names marketplaces
        decides.
    region_by : str
        Who says so, for errors.
    endpoint : str, optional
        In place of the region's; https, or loopback.
    token_url : str, optional
        In place of Amazon's; https, or loopback. Required with an `endpoint` that is
        not Amazon's, so that credentials and tokens stay with whom they are meant for.
    clock : Clock, optional
        For quota, retries and the age of tokens.
    throttle : Throttle, optional
        The account's buckets; in memory unless given.
    deadline_seconds : float, seconds
        How long one call may wait for quota.

    Returns
    -------
    ReportsAPI

    Raises
    ------
    ConfigError
        A setting cannot be used.
    """
    clock = clock or SystemClock()
    with _named(region_by):
        found = None if region is None else find_region(region)
    with _named("endpoint= (SPREPORTS_ENDPOINT)"):
        origin = Origin(endpoint=endpoint, region=found, region_by=region_by)
    if endpoint is not None and token_url is None and not origin.is_amazon:
        raise ConfigError(
            "token_url= (SPREPORTS_TOKEN_URL) is needed with an endpoint that is not "
            "Amazon's: real credentials are not sent for the sake of a stand-in"
        )
    with _named("token_url= (SPREPORTS_TOKEN_URL)"):
        tokens = TokenSource(
            credentials, TOKEN_URL if token_url is None else token_url, clock
        )
    return ReportsAPI(
        Transport(
            origin,
            tokens,
            throttle=throttle or Throttle(clock),
            clock=clock,
            deadline_seconds=deadline_seconds,
        )
    )


@contextmanager
def _named(setting: str) -> Iterator[None]:
    """Say in an error which setting is wrong, or who has set it."""
    try:
        yield
    except (ConfigError, ValueError) as exc:
        raise ConfigError(f"{setting}: {exc}") from None

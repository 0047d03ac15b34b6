"""Where the API lies: an endpoint given, a region given, or the first marketplaces'."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from spreports.api.endpoint import checked_url, origin_of
from spreports.api.marketplaces import Region, region_of, resolve
from spreports.errors import ConfigError
from spreports.forks import PerProcess

__all__ = ["Origin"]


class Origin:
    """The address that calls go to, bound as late as possible.

    Parameters
    ----------
    endpoint : str or None
        In place of a region's own; then no region is needed.
    region : Region or None
        Without it, the first call that names marketplaces decides, once and for all.
    region_by : str
        Who has set it, for the error where it does not fit.

    Raises
    ------
    ConfigError
        `endpoint` cannot be used.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        region: Region | None = None,
        region_by: str = "region=",
    ) -> None:
        self._endpoint = None if endpoint is None else checked_url(endpoint).rstrip("/")
        self._region = region
        self._by = region_by
        self._lock = PerProcess(threading.Lock)

    @property
    def is_amazon(self) -> bool:
        """Whether calls go to a host of Amazon's."""
        if self._endpoint is None:
            return True
        host = origin_of(self._endpoint)[1] or ""
        return host == "amazon.com" or host.endswith(".amazon.com")

    def check(self, wanted: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Refuse what no one region serves; decides nothing, and asks nobody.

        Parameters
        ----------
        wanted : iterable of tuple of two
            What is to be asked for, for messages, and the ids of its marketplaces.

        Raises
        ------
        ValueError, ConfigError
            As `url`.
        """
        with self._lock():
            decided = self._region, self._by
        for what, marketplaces in wanted:
            decided = _decided(what, marketplaces, decided)

    def url(self, operation: str, marketplaces: Sequence[str] = ()) -> str:
        """Return the origin for a call.

        Parameters
        ----------
        operation : str
            For messages.
        marketplaces : sequence of str
            Ids that the call names.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            The marketplaces lie in different regions.
        ConfigError
            They lie in another region than this client, or no region is known.
        """
        with self._lock():
            decided = _decided(operation, marketplaces, (self._region, self._by))
            if self._endpoint is None:
                self._region, self._by = decided
            region = self._region
        if self._endpoint is not None:
            return self._endpoint
        if region is None:
            raise ConfigError(
                f"{operation}: the region is not known yet: set region= or "
                "SPREPORTS_REGION to 'na', 'eu' or 'fe' (a call with marketplaces "
                "would decide it, this one has none)"
            )
        return region.endpoint


def _decided(
    operation: str, marketplaces: Sequence[str], before: tuple[Region | None, str]
) -> tuple[Region | None, str]:
    """Return the region after a call that names marketplaces, and who has set it.

    Raises
    ------
    ValueError, ConfigError
        As `Origin.url`.
    """
    region, by = before
    # An id of no known form is Amazon's to judge, and decides nothing here
    asked = region_of(name for name in marketplaces if _is_known(name))
    if asked is None or asked == region:
        return before
    labels = ", ".join(map(_label, marketplaces))
    if region is None:
        return asked, f"the first marketplaces ({labels})"
    raise ConfigError(
        f"{operation}: {labels} belong to region {asked.name!r}, but this client "
        f"serves {region.name!r}, set by {by}: use a second client with "
        f"region={asked.name!r} for them"
    )


def _is_known(marketplace: str) -> bool:
    """Whether the table has it."""
    try:
        return resolve(marketplace).region is not None
    except ValueError:
        return False


def _label(marketplace: str) -> str:
    """Return the country code where there is one."""
    return (resolve(marketplace).country_code if _is_known(marketplace) else None) or (
        marketplace
    )

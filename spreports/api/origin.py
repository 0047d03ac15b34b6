"""Where the API lies: an endpoint given, a region given, or the first marketplaces'."""

from __future__ import annotations

import threading
from collections.abc import Sequence

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
    def region(self) -> Region | None:
        """The region, once it is known."""
        return self._region

    @property
    def is_amazon(self) -> bool:
        """Whether calls go to a host of Amazon's."""
        if self._endpoint is None:
            return True
        host = origin_of(self._endpoint)[1] or ""
        return host == "amazon.com" or host.endswith(".amazon.com")

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
        # An id of no known form is Amazon's to judge, and decides nothing here
        asked = region_of(name for name in marketplaces if _is_known(name))
        with self._lock():
            if self._region is None and asked is not None and self._endpoint is None:
                self._region = asked
                self._by = f"the first marketplaces ({', '.join(marketplaces)})"
            region = self._region
        if region is not None and asked is not None and asked != region:
            raise ConfigError(
                f"{operation}: {', '.join(map(_label, marketplaces))} belong to region "
                f"{asked.name!r}, but this client serves {region.name!r}, set by "
                f"{self._by}: use a second client with region={asked.name!r} for them"
            )
        if self._endpoint is not None:
            return self._endpoint
        if region is None:
            raise ConfigError(
                f"{operation}: the region is not known yet: set region= or "
                "SPREPORTS_REGION to 'na', 'eu' or 'fe' (a call with marketplaces "
                "would decide it, this one has none)"
            )
        return region.endpoint


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

"""How large a download may become, how long it may take, and how slow it may be.

A body may have no end, and then only these bounds end the download.
"""

from __future__ import annotations

from typing import Final

from spreports.clock import Clock
from spreports.errors import DownloadError

__all__ = ["Limits"]

# Reports have a few GiB at the most, which take hours at the worst: no true document
# meets these two
MAX_BYTES: Final = 64 << 30
MAX_SECONDS: Final = 24 * 3600.0
MIN_BYTES_PER_SECOND: Final = 1024
RATE_SECONDS: Final = 60.0


class Limits:
    """The bounds of one download, over all its answers.

    Parameters
    ----------
    max_bytes : int or None
        64 GiB unless said.
    clock : Clock
        For the minimum rate, and the 24 hours that all may take.
    """

    def __init__(self, max_bytes: int | None, clock: Clock) -> None:
        self._max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self._clock = clock
        self._begun = self._since = clock.monotonic()
        self._before = 0

    def begin(self, size: int) -> None:
        """Measure the rate of a body from here, with `size` bytes at hand."""
        self._since, self._before = self._clock.monotonic(), size

    def check_size(self, size: int) -> None:
        """Refuse a document of `size` bytes if that is more than may be.

        Raises
        ------
        DownloadError
        """
        if size > self._max_bytes:
            raise DownloadError(
                f"the document is larger than {self._max_bytes} bytes (max_bytes), the "
                "most that is taken: its host may be sending without end; get it again "
                "later"
            )

    def is_slow(self, size: int) -> bool:
        """Say whether too little came in the last minute, with `size` bytes at hand.

        Raises
        ------
        DownloadError
            It has been coming for longer than any document takes.
        """
        now = self._clock.monotonic()
        if now - self._begun > MAX_SECONDS:
            raise DownloadError(
                f"the document did not end within {MAX_SECONDS / 3600:g} hours, with "
                f"{size} bytes at hand: its host may be sending without end; get it "
                "again later"
            )
        if now - self._since < RATE_SECONDS:
            return False
        slow = size - self._before < MIN_BYTES_PER_SECOND * (now - self._since)
        self._since, self._before = now, size
        return slow

"""Ways to write a day or a timestamp, as the kernel is told of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import accumulate
from typing import Final

from spreports.fetch.timestamps import ZONE_OFFSETS, zone_offset
from spreports.fetch.whole_columns import Layout

__all__ = ["Forms", "has_form"]

# Source: kernel.h, struct pattern and struct zone
_PATTERN: Final = struct.Struct("<4Ii8s")
_ZONE: Final = struct.Struct("<8sii")
# As times.h has it
_NO_CLOCK: Final = (255,)
_TOKENS: Final = ("%Y", "%m", "%d", "%H", "%M", "%S")


def has_form(layout: Layout) -> bool:
    """Say whether the kernel can be told of a layout."""
    return all(mark.isascii() for _, _, mark in layout.marks) and layout.width < 255


class Forms:
    """Layouts in the memory of a sandbox, with the zones that may stand behind them.

    Parameters
    ----------
    layouts : sequence of Layout
        That have a form.
    """

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._layouts = tuple(layouts)
        self._texts = [_template(layout) for layout in layouts]
        self._zones = _zones()

    @property
    def size(self) -> int:
        """Return how many bytes they take."""
        return len(self.written(0))

    def address(self, start: int, layout: Layout) -> int:
        """Return where a layout is, of forms that begin at an address."""
        return start + self._layouts.index(layout) * _PATTERN.size

    def written(self, start: int) -> bytes:
        """Return the forms, for the memory at an address."""
        if not self._layouts:
            return b""
        texts = start + len(self._layouts) * _PATTERN.size
        *starts, zones = accumulate(map(len, self._texts), initial=texts)
        patterns = [
            _PATTERN.pack(
                *(at, layout.width),
                *((zones, len(ZONE_OFFSETS)) if layout.zoned else (0, 0)),
                _seconds(zone_offset(layout.unnamed)),
                bytes(layout.places.get(token, _NO_CLOCK)[0] for token in _TOKENS),
            )
            for at, layout in zip(starts, self._layouts, strict=True)
        ]
        return b"".join([*patterns, *self._texts, self._zones])


@cache
def _zones() -> bytes:
    """Return all zones with their offsets."""
    return b"".join(
        _ZONE.pack(name.encode(), _seconds(zone_offset(name)), 0)
        for name in ZONE_OFFSETS
    )


def _template(layout: Layout) -> bytes:
    """Return a text of a layout, its digits all 0."""
    text = bytearray(b"0" * layout.width)
    for start, stop, mark in layout.marks:
        text[start:stop] = mark.encode()
    return bytes(text)


def _seconds(offset: timedelta) -> int:
    return offset // timedelta(seconds=1)

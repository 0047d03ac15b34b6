"""Make whole files count: they come to their places, and the marker is written last.

Until the marker is there nothing has happened, and once it is all of it has. What stops
the writing of the marker itself may have done either: on a local disk it is taken back,
an object store is asked. While that cannot be told, the note of what was about to be
written stays: readers look whether the files of a marker that comes late are there.

Where a compaction holds the very same rows, they are there already: nothing is written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from spreports.errors import SinkError
from spreports.load.compacted import COMPACTED, announce, stood_for
from spreports.load.marker import (
    MarkedFile,
    Marker,
    conflict,
    intent_bytes,
    intent_paths,
)
from spreports.load.part_file import PartFile
from spreports.load.target import OpenTarget

__all__ = ["publish"]


def publish(target: OpenTarget, parts: Sequence[PartFile], marker: Marker) -> None:
    """Make the files visible, clear away what they replace, write the marker last.

    Parameters
    ----------
    target : OpenTarget
    parts : sequence of PartFile
        Whole, and on a disk of this machine; consumed.
    marker : Marker
        Of these files.

    Raises
    ------
    SinkError
        The target refused, or others took files away meanwhile. Where it refused to
        delete the note alone, what was written may be hidden until the next try.
    """
    with target.alone() as sure:
        publication = _Publication(target, marker, sure=sure)
        if publication.is_compacted():
            publication.clear()
        else:
            publication.publish(parts)


class _Publication:
    """One marker's way into a data root; `sure` where nobody else is there."""

    def __init__(self, target: OpenTarget, marker: Marker, *, sure: bool) -> None:
        self._target, self._marker, self._sure = target, marker, sure
        self._own, self._intent = f"{marker.stem}.json", f"{marker.stem}.intent"
        self._said, self._data = target.read_state(self._own), marker.to_bytes()
        before: tuple[MarkedFile, ...] = ()
        if self._said is not None:
            there = Marker.from_bytes(marker.stem, self._said)
            if (why := conflict(there.note, marker.note)) is not None:
                raise SinkError(f"{marker.stem} {why}")
            before = there.files
        self._noted = target.read_state(self._intent)
        self._pending = (
            set(intent_paths(marker.stem, self._noted)) if self._noted else set()
        )
        self._there = {file.path for file in before} | self._pending
        # The very same sink again changes nothing: it needs no note
        self._notes = bool(self._pending) or self._said != self._data

    def is_compacted(self) -> bool:
        """Tell whether the rows lie in a compaction, and there alone.

        Where a marker of the report is there, a compaction may be about to leave out
        what it holds of it. On an object store a killed sink's may still be on its way.
        """
        if self._said is not None or COMPACTED in self._marker.note:
            return False
        if self._pending and not self._sure:
            return False
        return stood_for(self._target, self._marker.stem, self._data)

    def clear(self) -> None:
        """Take away what a killed sink left; what counts stays as it is."""
        try:
            for path in sorted(self._pending):
                self._target.drop(path)
            self._target.settle()
        except BaseException:
            self._target.undo()
            raise
        self._target.keep()
        if self._noted is not None:
            self._target.remove_state(self._intent)

    def publish(self, parts: Sequence[PartFile]) -> None:
        """Publish; where nobody else is kept out, look that none took files away."""
        target, new = self._target, {part.path for part in parts}
        if COMPACTED in self._marker.note:
            announce(target)
        note = intent_bytes([*(self._there | new)], self._data)
        try:
            if self._notes:
                target.write_state(self._intent, note)
            for part in parts:
                target.put(part.local, part.path)
            for path in sorted(self._there - new):
                target.drop(path)
            target.settle()
        except BaseException:
            self._take_back()
            raise
        self._mark()
        if self._notes and not self._sure and not self._stands(note, new):
            target.remove_state(self._own)
            self._take_back()
            stem = self._own.removesuffix(".json")
            raise SinkError(f"the files of {stem} were taken away: run again")
        self._finish()

    def _stands(self, note: bytes, new: set[str]) -> bool:
        """Whether nobody took files away; who saw all of it may have ended the note."""
        target = self._target
        if not all(map(target.has, sorted(self._there & new))):
            return False
        said = target.read_state(self._intent)
        if said is not None:
            return said == note
        # What takes away takes the marker before the note
        is_there = target.read_state(self._own) == self._data
        return is_there and all(map(target.has, sorted(new)))

    def _mark(self) -> None:
        """Write the marker, or leave nothing that a late one could make a lie of."""
        target = self._target
        try:
            target.write_state(self._own, self._data)
        except BaseException as exc:
            if self._sure:
                with contextlib.suppress(SinkError):
                    self._unmark()
                    self._take_back()
                raise
            there = target.read_state(self._own)
            if there != self._data:
                # It may still be on its way: the note stays
                target.undo()
                raise
            if not isinstance(exc, SinkError):
                with contextlib.suppress(SinkError):
                    self._finish()
                raise

    def _unmark(self) -> None:
        """Have the marker say what it said before."""
        there = self._target.read_state(self._own)
        if self._said is None:
            self._target.remove_state(self._own)
        elif there != self._said:
            self._target.write_state(self._own, self._said)

    def _take_back(self) -> None:
        """Undo what can be; the note of it goes last, and only then."""
        if self._target.undo() and self._notes and not self._pending:
            with contextlib.suppress(SinkError):
                self._target.remove_state(self._intent)

    def _finish(self) -> None:
        """Keep what was done; each reader would look at all files beside the note."""
        self._target.keep()
        if not self._notes:
            return
        try:
            self._target.remove_state(self._intent)
        except SinkError as exc:
            raise type(exc)(
                f"{self._marker.stem} is written, but may be hidden by a note that "
                f"could not be deleted: run again, where deleting is allowed ({exc})",
                url=exc.url,
            ) from None

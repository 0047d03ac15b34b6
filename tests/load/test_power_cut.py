"""What a marker names is on the disk before the marker: a power cut loses no rows."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from spreports.load.parquet import sink
from tests.load.rows import orders, reader

pytestmark = pytest.mark.skipif(os.name != "posix", reason="syncs no folders there")


class Disk:
    """What a disk is sure to hold: the bytes of files, and the entries of folders."""

    def __init__(self, lake: Path, patch: pytest.MonkeyPatch) -> None:
        self._lake = lake
        self._files: set[int] = set()  # by inode: bytes that outlive a power cut
        self._changed: set[Path] = set()  # folders whose entries may not
        self.moved: list[tuple[str, bool, list[str]]] = []
        fsync, replace, mkdir = os.fsync, Path.replace, Path.mkdir

        def synced(fd: int) -> None:
            facts = os.fstat(fd)
            if stat.S_ISDIR(facts.st_mode):
                same = {p for p in self._changed if p.stat().st_ino == facts.st_ino}
                self._changed -= same
            else:
                self._files.add(facts.st_ino)
            fsync(fd)

        def renamed(source: Path, place: Path) -> Path:
            whole = source.stat().st_ino in self._files
            self.moved.append((self._told(source, place), whole, self.changed))
            self._changed |= {source.parent, place.parent}
            return replace(source, place)

        def made(folder: Path, mode: int = 0o777, **options: bool) -> None:
            self._changed.add(folder.parent)
            mkdir(folder, mode, **options)

        patch.setattr(os, "fsync", synced)
        patch.setattr(Path, "replace", renamed)
        patch.setattr(Path, "mkdir", made)

    @property
    def changed(self) -> list[str]:
        """Folders whose entries a power cut may take back; not the temporary ones."""
        return sorted(map(str, filter(_lasts, map(self._inside, self._changed))))

    def _told(self, source: Path, place: Path) -> str:
        """Name what comes to its place, or leaves it."""
        new = self._inside(place)
        return f"+{new}" if _lasts(new) else f"-{self._inside(source)}"

    def _inside(self, path: Path) -> Path:
        return path.relative_to(self._lake)


def _lasts(path: Path) -> bool:
    return "tmp" not in path.parts


def test_a_power_cut_finds_the_files_before_the_marker_and_the_note_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, state = tmp_path / "orders", "_spreports/orders"
    sink(reader(orders(9)), root, stem="7", partition_by=["sales-channel"])
    disk = Disk(tmp_path, monkeypatch)

    sink(reader(orders(9)), root, stem="7", partition_by=["sku"])

    note, *files, marker = disk.moved
    new = [whole for name, whole, _ in files if name.startswith("+orders/sku=")]
    old = [name for name, _, _ in files if name.startswith("-orders/sales-channel=")]
    assert note[:2] == (f"+{state}/7.intent", True)
    assert len(new) + len(old) == len(files)
    assert (min(len(new), len(old)) > 1, all(new)) == (True, True)
    assert not [c for _, _, changed in files for c in changed if state in c]
    assert marker == (f"+{state}/7.json", True, [])
    assert disk.changed == []

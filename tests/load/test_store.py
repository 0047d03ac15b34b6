"""The store's folders are ours alone, and its names cannot lead out of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.errors import ConfigError
from spreports.fetch.spool import Spool
from spreports.load.store import Store
from tests.drawing import SHARED_FIXTURE

NOW = 1_800_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", now=lambda: NOW)


def put(path: Path, size: int, age: float = 0) -> Path:
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW - age, NOW - age))
    return path


def test_home_is_the_xdg_cache_at_the_time_of_the_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Store().home == tmp_path / "xdg" / "spreports"

    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert Store().home == tmp_path / "me" / ".cache" / "spreports"
    assert not (tmp_path / "me").exists()


def test_folders_are_private_even_when_they_were_not(store: Store) -> None:
    folder = store.document_path("account", "doc").parent
    folder.chmod(0o755)

    store.document_path("account", "doc")

    for made in (folder, folder.parent, store.home, store.spool_path().parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


@settings(suppress_health_check=SHARED_FIXTURE)
@given(account=st.text(max_size=30), document=st.text(max_size=300))
def test_no_name_leads_out_of_the_store(
    store: Store, account: str, document: str
) -> None:
    path = store.document_path(account, document)
    staged = store.staged_path(account, document, "v1")

    assert path.parent.parent == store.home / "documents"
    assert staged.parent.parent == store.home / "staged"
    assert len(os.fsencode(staged.name)) <= 255
    assert path.resolve().is_relative_to(store.home.resolve())


def test_different_ids_have_different_files(store: Store) -> None:
    ids = ["a", "A.", "a/b", "a\\b", "..", ".", "", "amzn1.spdoc.1.4.na.5-6", "x" * 201]

    paths = {store.document_path("account", name) for name in ids}

    assert len(paths) == len(ids)
    assert store.home / "documents/account/amzn1.spdoc.1.4.na.5-6" in paths


def test_forget_deletes_the_document_and_its_frames_and_no_other(store: Store) -> None:
    mine = [
        put(store.document_path("a", "doc"), 1),
        put(store.staged_path("a", "doc", "v1"), 1),
        put(store.staged_path("a", "doc", "v2"), 1),
    ]
    others = [
        put(store.document_path("a", "doc.v1"), 1),
        put(store.staged_path("a", "doc.v1", "v2"), 1),
        put(store.document_path("b", "doc"), 1),
    ]

    store.forget("a", "doc")
    store.forget("a", "never seen")

    assert not any(path.exists() for path in mine)
    assert all(path.exists() for path in others)


def test_trim_deletes_the_longest_unused_and_keeps_the_last_hour(store: Store) -> None:
    old = put(store.document_path("a", "old"), 100, age=9_000)
    used = put(store.document_path("a", "used"), 100, age=8_000)
    middle = put(store.staged_path("b", "middle", "v"), 100, age=7_000)
    young = put(store.staged_path("b", "young", "v"), 100, age=3_000)
    store.document_path("a", "used")  # counts as use

    assert store.trim(250) == 200
    assert [p.exists() for p in (old, used, middle, young)] == [
        False,
        True,
        False,
        True,
    ]
    assert store.trim(0) == 0


def test_sweep_deletes_what_the_dead_left_and_nothing_else(store: Store) -> None:
    mine = put(store.spool_path(), 1)
    dead_name = mine.name.replace(f"-{os.getpid()}-", "-999999999-")
    dead = put(mine.with_name(dead_name), 1)
    other_host = put(mine.with_name("run-00000000-1-0-000000000000.tmp"), 1)
    old = put(mine.with_name("run-00000000-1-0-111111111111.tmp"), 1, age=90_000)
    document = put(store.document_path("a", "doc"), 1, age=900_000)

    assert store.sweep() == 2
    assert [p.exists() for p in (mine, dead, other_host, old, document)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_download_that_was_killed_is_swept_under_the_name_that_it_fills(
    store: Store,
) -> None:
    spool = store.spool_path()
    name = spool.name.replace(f"-{os.getpid()}-", "-999999999-")
    with Spool(spool.with_name(name)) as dead, Spool(spool) as mine:
        put(dead.path, 1)
        put(mine.path, 1)
        assert store.sweep() == 1
        assert (dead.path.exists(), mine.path.exists()) == (False, True)


def test_a_pid_that_another_process_has_now_does_not_keep_a_file(store: Store) -> None:
    mine = store.spool_path()
    host, pid = mine.name.split("-")[1:3]
    reused = put(mine.with_name(f"run-{host}-{pid}-1-000000000000.tmp"), 1)

    assert store.sweep() == 1
    assert not reused.exists()


def test_a_link_in_place_of_a_folder_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.home.mkdir()
    (store.home / "documents").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match="link"):
        store.document_path("a", "doc")
    store.trim(0)


def test_a_link_in_place_of_a_file_is_removed_not_followed(
    store: Store, tmp_path: Path
) -> None:
    target = put(tmp_path / "precious", 3)
    path = store.document_path("a", "doc")
    path.symlink_to(target)

    assert not store.document_path("a", "doc").is_symlink()
    assert target.read_bytes() == b"xxx"


def test_a_home_that_cannot_be_made_says_what_to_choose(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="SPREPORTS_HOME"):
        Store(tmp_path / "file" / "home").spool_path()


def test_a_variant_is_a_short_hash(store: Store) -> None:
    with pytest.raises(ValueError, match="variant"):
        store.staged_path("a", "doc", "../x")
    with pytest.raises(ValueError, match="version"):
        store.staged_path("a", "doc", "x", "../x")


def test_the_frames_of_other_versions_of_a_document_can_be_deleted(
    store: Store,
) -> None:
    others = [
        put(store.staged_path("a", "doc", "v1", "old"), 1),
        put(store.staged_path("a", "doc", "v2"), 1),
    ]
    kept = [
        put(store.document_path("a", "doc"), 1),
        put(store.staged_path("a", "doc", "v1", "new"), 1),
        put(store.staged_path("a", "doc", "v2", "new"), 1),
        put(store.staged_path("a", "doc.v1", "v1", "old"), 1),
        put(store.staged_path("b", "doc", "v1", "old"), 1),
    ]
    store.outdate("a", "doc", "new")
    store.outdate("nobody", "doc", "new")

    assert [path.exists() for path in others] == [False] * 2
    assert [path.exists() for path in kept] == [True] * 5
    store.forget("a", "doc")
    assert [path.exists() for path in kept] == [False] * 3 + [True] * 2

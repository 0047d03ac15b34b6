"""A client that cannot be made, or closed in one go, leaves nothing behind."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest

import spreports as spr
from spreports.facts import read_catalogue
from spreports.load.store import Store

SIMULATOR = "spreports-simulator-"


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_client_that_cannot_be_made_ends_its_simulator(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = threads()

    with pytest.raises(spr.ConfigError, match=r"quota\.sqlite"):
        spr.connect("simulator", home=tmp_path / "file")

    assert threads() == before


def test_a_mistake_in_a_catalogue_ends_the_simulator_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(tmp_path / "missing"))
    before = threads()

    with pytest.raises(spr.ConfigError):
        spr.connect("simulator")

    assert threads() == before
    assert not list(tmp_path.glob(f"{SIMULATOR}*"))


def test_a_catalogue_below_an_unknown_home_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(spr.ConfigError, match=r"~no-one/own\.toml cannot be"):
        read_catalogue({"SPREPORTS_CATALOGUE": "~no-one/own.toml"})


@pytest.mark.parametrize("region", [None, "eu"])
def test_a_closed_client_says_so_in_one_way_whether_or_not_its_region_is_known(
    tmp_path: Path, region: str | None
) -> None:
    credentials = spr.Credentials("Atzr|refresh", "client-id", "secret")
    client = spr.connect(credentials=credentials, region=region, home=tmp_path)
    document = client.document("amzn1.spdoc.1")
    client.close()

    for ask in (
        lambda: client.api.get_report("1"),
        lambda: client.api.cancel_report_schedule("1"),
        lambda: client.reports("orders", start="3d", marketplaces=["DE"]).wait(),
        lambda: client.existing("settlement"),
        document.read,
    ):
        with pytest.raises(spr.ConfigError, match=r"^this client is closed; c") as told:
            ask()
        assert type(told.value).__name__ == "StoppedError"


@pytest.mark.slow
def test_what_cannot_be_deleted_is_said_and_all_else_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise spr.ConfigError("cannot delete a restricted document")

    before = threads()
    client = spr.connect("simulator")
    client.reports(
        "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", start="2d", marketplaces=["DE"]
    ).read()
    monkeypatch.setattr(Store, "forget", refused)

    with pytest.raises(spr.ConfigError, match="restricted document"):
        client.close()

    assert threads() == before
    assert not list(tmp_path.glob(f"{SIMULATOR}*"))

"""A user without a home folder, as in containers; a store that is not as it seems."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import NoReturn

import pytest

import spreports as spr
from spreports.cli import main
from spreports.client.settings import read_profile

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "orders_DE.txt"
MADE_UP = spr.Credentials("refresh", "app", "secret")


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME, and a uid that no entry of passwd has."""

    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("homeless")
def test_a_client_without_a_home_says_how_to_name_a_store() -> None:
    with pytest.raises(spr.ConfigError, match="home= or SPREPORTS_HOME"):
        spr.connect(credentials=MADE_UP)
    with pytest.raises(spr.ConfigError, match="home= or SPREPORTS_HOME"):
        spr.connect(credentials=MADE_UP, home="~/store")


@pytest.mark.usefixtures("homeless")
def test_a_client_with_a_store_needs_no_home(tmp_path: Path) -> None:
    with spr.connect(credentials=MADE_UP, home=tmp_path / "store"):
        assert (tmp_path / "store").is_dir()
    with spr.connect("simulator"):
        pass


@pytest.mark.usefixtures("homeless")
def test_what_needs_no_store_of_a_file_needs_no_home(tmp_path: Path) -> None:
    document = spr.open_document(SAMPLE, report_type="orders")

    rows = document.read().height

    assert rows > 0
    assert document.batches().read_all().num_rows == rows
    assert document.sink(tmp_path / "lake").rows == rows
    with pytest.raises(spr.ConfigError, match="home= or SPREPORTS_HOME"):
        document.scan()


@pytest.mark.usefixtures("homeless")
def test_commands_without_a_home_are_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", "refresh")
    monkeypatch.setenv("LWA_CLIENT_ID", "app")
    monkeypatch.setenv("LWA_CLIENT_SECRET", "secret")

    assert main(["show", str(SAMPLE)]) == 4
    assert main(["plan", "orders", "--start", "3d", "-m", "DE"]) == 4

    assert capsys.readouterr().err.count("SPREPORTS_HOME") == 2


@pytest.mark.usefixtures("homeless")
def test_a_profile_without_a_home_says_where_else_it_may_be() -> None:
    with pytest.raises(spr.ConfigError, match="HOME or XDG_CONFIG_HOME"):
        read_profile("shop", {})


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("home", [None, "~/store"])
def test_the_doctor_finds_that_there_is_no_home(home: str | None) -> None:
    found = {
        finding.check: finding
        for finding in spr.check_setup(credentials=MADE_UP, home=home, offline=True)
    }

    assert found["credentials"].status == "ok"
    assert found["store"].status == "failed"
    assert "SPREPORTS_HOME" in found["store"].message


@pytest.mark.parametrize("end", [" ", "\n", "\r", "\t"])
def test_a_store_that_ends_in_what_nobody_sees_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str
) -> None:
    monkeypatch.setenv("SPREPORTS_HOME", f"{tmp_path / 'store'}{end}")

    with pytest.raises(spr.ConfigError, match="SPREPORTS_HOME has a line break or sp"):
        spr.connect(credentials=MADE_UP)
    with pytest.raises(spr.ConfigError, match="SPREPORTS_HOME has a line break or sp"):
        spr.open_document(SAMPLE)
    found = {f.check: f for f in spr.check_setup(credentials=MADE_UP, offline=True)}

    assert found["credentials"].status == "ok"
    assert found["store"].status == "failed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 300, "loop"])
def test_a_store_that_cannot_be_looked_through_is_told_with_how_to_name_another(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(spr.ConfigError, match="home= or SPREPORTS_HOME"):
        spr.connect(credentials=MADE_UP, home=tmp_path / name)
    found = spr.check_setup(credentials=MADE_UP, home=tmp_path / name, offline=True)

    assert {each.check: each.status for each in found}["store"] == "failed"

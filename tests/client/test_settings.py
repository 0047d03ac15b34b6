"""Where credentials come from, and what is said when there are none."""

from __future__ import annotations

import codecs
import pickle
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.client.client import Client
from spreports.client.settings import Settings, read_settings

SECRET = "canary-secret-7f3a"
GIVEN = spr.Credentials("Atzr|canary-refresh", "app", SECRET)


def settings(
    environment: dict[str, str],
    *,
    profile: str | None = None,
    credentials: spr.Credentials | None = None,
    region: str | None = None,
    endpoint: str | None = None,
) -> Settings:
    return read_settings(
        environment,
        profile=profile,
        region=region,
        credentials=credentials,
        endpoint=endpoint,
        token_url=None,
        home=None,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config" / "spreports" / "profiles.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        f'[shop]\nrefresh_token = "r"\nclient_id = "c"\nclient_secret = "{SECRET}"\n'
        'region = "eu"\n[half]\nrefresh_token = "r"\n'
    )
    path.chmod(0o600)
    return path


def test_no_credentials_is_an_error_that_names_every_way() -> None:
    with pytest.raises(spr.ConfigError) as caught:
        spr.connect()

    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_ID"):
        assert name in str(caught.value)
    for name in ("LWA_CLIENT_SECRET", "SPREPORTS_PROFILE", 'connect("simulator")'):
        assert name in str(caught.value)


def test_an_empty_variable_names_no_profile() -> None:
    with pytest.raises(spr.ConfigError, match="no credentials: set SP_API_REFRESH"):
        settings({"SPREPORTS_PROFILE": ""})


@pytest.mark.parametrize("client_id", ["LWA_APP_ID", "LWA_CLIENT_ID"])
def test_credentials_come_from_the_environment(client_id: str) -> None:
    found = read_settings(
        {
            "SP_API_REFRESH_TOKEN": "r",
            client_id: "c",
            "LWA_CLIENT_SECRET": "s",
            "SPREPORTS_REGION": "fe",
            "SPREPORTS_HOME": "/somewhere",
        },
        profile=None,
        region=None,
        credentials=None,
        endpoint=None,
        token_url=None,
        home=None,
    )

    assert found.credentials == spr.Credentials("r", "c", "s")
    assert found.region == "fe"
    assert found.home == Path("/somewhere")


def test_half_of_the_credentials_is_an_error_that_names_the_rest() -> None:
    with pytest.raises(spr.ConfigError, match="LWA_CLIENT_SECRET"):
        settings({"SP_API_REFRESH_TOKEN": "r", "LWA_APP_ID": "c"})


def test_a_profile_gives_credentials_and_region(config: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(config.parents[1])}

    by_name = settings(environment, profile="shop")
    by_variable = settings({**environment, "SPREPORTS_PROFILE": "shop"})

    assert by_name == by_variable
    assert "eu" in repr(by_name)
    assert SECRET not in repr(by_name)


def test_a_file_that_an_editor_has_begun_with_a_mark_is_read(
    config: Path, tmp_path: Path
) -> None:
    config.write_bytes(codecs.BOM_UTF8 + config.read_bytes())
    feeds, wanted = tmp_path / "feeds.toml", tmp_path / "schedules.toml"
    feeds.write_text(
        '[[feed]]\nreport_type = "orders"\nmarketplaces = ["DE"]\n', "utf-8-sig"
    )
    wanted.write_text(
        '[[schedule]]\nreport_type = "sales_and_traffic"\nmarketplaces = ["DE"]\n'
        'period = "P1D"\n',
        "utf-8-sig",
    )

    shop = settings({"XDG_CONFIG_HOME": str(config.parents[1])}, profile="shop")

    assert "eu" in repr(shop)
    assert len(spr.read_feeds(feeds).feeds) == 1
    assert len(spr.Schedule.from_toml(wanted)) == 1


@pytest.mark.parametrize(
    ("profile", "says"), [("nobody", "half, shop"), ("half", "client_secret")]
)
def test_a_profile_that_cannot_be_used_is_named(
    config: Path, profile: str, says: str
) -> None:
    with pytest.raises(spr.ConfigError, match=says):
        settings({"XDG_CONFIG_HOME": str(config.parents[1])}, profile=profile)


def test_a_profile_that_others_may_read_is_refused(config: Path) -> None:
    config.chmod(0o644)

    with pytest.raises(spr.ConfigError, match="chmod 600"):
        settings({"XDG_CONFIG_HOME": str(config.parents[1])}, profile="shop")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"[shop\nclient_secret = {SECRET}", "is not TOML, at line 1, column 6"),
        (f'[shop]\na = 1\nclient_secret = "{SECRET}\n', "at line 3, column 36"),
        (f'[shop]\nclient_secret = "{SECRET}', "is not TOML, at end of document"),
        ("\udcff", "is not UTF-8"),
        ("", r"has no profile 'shop'; write it with \[shop\]"),
        ("a = 1\n[b]\n", "has no profile 'shop'; it has: b$"),
        ("shop = 5", r"shop is no table; write \[shop\]"),
        (
            f'[shop]\nrefresh_token = "r"\nclient_secret = 5\nsecret = "{SECRET}"',
            r"toml: missing: client_id; not text: client_secret; secret is no key of "
            "it, which are account, client_id, client_secret, endpoint, refresh_token, "
            "region, token_url$",
        ),
    ],
)
def test_a_broken_profile_file_is_told_with_its_place_and_without_its_text(
    config: Path, text: str, says: str
) -> None:
    config.write_text(text, errors="surrogateescape")

    with pytest.raises(spr.ConfigError, match=says) as caught:
        settings({"XDG_CONFIG_HOME": str(config.parents[1])}, profile="shop")

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "variable", "by"),
    [
        ("eu", "na", "region="),
        (None, "eu", "SPREPORTS_REGION"),
        (None, "", "profile 'shop'"),
    ],
)
def test_a_region_that_does_not_fit_is_told_with_who_set_it(
    config: Path, tmp_path: Path, *, given: str | None, variable: str, by: str
) -> None:
    environment = {
        "XDG_CONFIG_HOME": str(config.parents[1]),
        "SPREPORTS_REGION": variable,
        "SPREPORTS_HOME": str(tmp_path / "store"),
    }
    found = settings(environment, profile="shop", region=given)

    with (
        Client(found) as client,
        pytest.raises(spr.ConfigError, match=f"set by {by}: use a second client"),
    ):
        client.api.create_report(report_type="T", marketplace_ids=["US"])


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SPREPORTS_REGION", "ue", "SPREPORTS_REGION: unknown region 'ue'"),
        ("SPREPORTS_ENDPOINT", "http://x.example", r"\(SPREPORTS_ENDPOINT\): .* https"),
        ("SPREPORTS_ENDPOINT", "https://x.example", "SPREPORTS_TOKEN_URL"),
        ("SPREPORTS_TOKEN_URL", "x", r"token_url= \(SPREPORTS_TOKEN_URL\): .* https"),
        ("SPREPORTS_PROFILE", "none", "SPREPORTS_PROFILE: .* no profile 'none'"),
        ("SPREPORTS_CATALOGUE", "none", "SPREPORTS_CATALOGUE: .* cannot be read"),
        ("SPREPORTS_HOME", "store\r", "SPREPORTS_HOME has a line break"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    config: Path, tmp_path: Path, *, name: str, value: str, told: str
) -> None:
    environment = {
        "XDG_CONFIG_HOME": str(config.parents[1]),
        "SPREPORTS_HOME": str(tmp_path),
        "SPREPORTS_PROFILE": "shop",
        name: value,
    }

    with pytest.raises(spr.ConfigError, match=told):
        Client(settings(environment))


def test_arguments_win_over_the_environment() -> None:
    environment = {"SPREPORTS_REGION": "fe"}

    found = settings(environment, credentials=GIVEN, region="na")

    assert "region='na'" in repr(found)


def test_credentials_are_neither_shown_nor_pickled() -> None:
    assert SECRET not in repr(GIVEN)
    assert SECRET not in f"{GIVEN}"
    with pytest.raises(TypeError):
        pickle.dumps(GIVEN)


def test_a_credential_that_is_no_text_is_not_told_to_be_empty() -> None:
    with pytest.raises(spr.ConfigError, match="client_id must be a string, and not in"):
        spr.Credentials("r", 5, "s")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(spr.ConfigError, match="client_id is empty"):
        spr.Credentials("r", None, "s")  # type: ignore[arg-type]  # wrong on purpose


def test_another_target_than_the_simulator_is_refused() -> None:
    with pytest.raises(spr.ConfigError, match="simulator"):
        spr.connect("sandbox")


@pytest.mark.parametrize(
    "notifications",
    ["https://sqs.eu-west-1.amazonaws.com/1/reports", spr.SQSQueue, 5],
)
def test_what_tells_of_no_reports_is_refused_before_one_is_made(
    notifications: Any,
) -> None:
    with pytest.raises(TypeError, match=r"such as SQSQueue\(url\)"):
        spr.connect("simulator", notifications=notifications)


def test_an_account_may_have_a_name_that_outlives_its_credentials(
    config: Path,
) -> None:
    own = {"LWA_APP_ID": "c", "LWA_CLIENT_SECRET": "s", "SPREPORTS_ACCOUNT": "shop-1"}
    old, new = (
        settings({**own, "SP_API_REFRESH_TOKEN": token}, endpoint="https://a.example")
        for token in ("old", "new")
    )
    unnamed = settings({**own, "SP_API_REFRESH_TOKEN": "new", "SPREPORTS_ACCOUNT": ""})

    assert (old.account, new.account) == ("shop-1", "shop-1")
    assert unnamed.account == unnamed.credentials.account

    # It is the name of those credentials, and of no others
    elsewhere = {"XDG_CONFIG_HOME": str(config.parents[1]), **own}
    profile = settings(elsewhere, profile="shop")
    assert profile.account == profile.credentials.account
    assert settings(own, credentials=GIVEN).account == GIVEN.account
    config.write_text(config.read_text().replace("[shop]", '[shop]\naccount = "mine"'))
    assert settings(elsewhere, profile="shop").account == "mine"


@pytest.mark.parametrize("name", ["a b", "../x", "-x", "ä", "x" * 65])
def test_a_name_that_is_no_folders_is_refused(name: str) -> None:
    own = {
        "SP_API_REFRESH_TOKEN": "r",
        "LWA_APP_ID": "c",
        "LWA_CLIENT_SECRET": "s",
        "SPREPORTS_ACCOUNT": name,
    }
    with pytest.raises(spr.ConfigError, match="SPREPORTS_ACCOUNT"):
        settings(own)

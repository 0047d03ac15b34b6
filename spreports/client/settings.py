"""Where credentials and settings come from: arguments, environment, profile.

In this order, the first that gives credentials wins; there is no silent default.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spreports.api.credentials import Credentials
from spreports.catalog import Catalogue, default_catalogue
from spreports.errors import ConfigError
from spreports.facts import read_catalogue

REFRESH_TOKEN = "SP_API_REFRESH_TOKEN"  # noqa: S105 - the name of a variable
CLIENT_ID = ("LWA_APP_ID", "LWA_CLIENT_ID")
CLIENT_SECRET = "LWA_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_SECRET_KEYS = ("refresh_token", "client_id", "client_secret")
_PROFILE_KEYS = {*_SECRET_KEYS, "account", "region", "endpoint", "token_url"}
_PLACE = re.compile(r"at (?:line \d+, column \d+|end of document)(?=\)$)")
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a client is made of.

    Attributes
    ----------
    credentials : Credentials
    region : str or None, ``"na"``, ``"eu"`` or ``"fe"``
        None: the first marketplaces asked for decide it.
    region_by : str
        Who says the region, in words.
    endpoint, token_url : str or None
        In place of Amazon's own.
    home : Path or None
        The local store; None is the user's cache folder.
    catalogue : Catalogue
        With the user's own entries (``SPREPORTS_CATALOGUE``).
    source : str
        Where the credentials come from, in words.
    name : str or None
        Of the account, which outlives its credentials; None: they name it.
    """

    credentials: Credentials
    region: str | None = None
    region_by: str = field(default="region=", compare=False)
    endpoint: str | None = None
    token_url: str | None = None
    home: Path | None = None
    catalogue: Catalogue = field(default_factory=default_catalogue, repr=False)
    source: str = field(default="the arguments", compare=False)
    name: str | None = None

    @property
    def account(self) -> str:
        """Name folders, rows and buckets by credentials and by which Amazon it is.

        Ids are unique only with the seller, and a stand-in's only with the stand-in:
        what one Amazon served must never be taken for another's. A name is the user's
        word for all that, whatever the endpoint.
        """
        if self.name is not None:
            return self.name
        if self.endpoint is None:
            return self.credentials.account
        mark = f"{self.credentials.account} {self.endpoint.rstrip('/').lower()}"
        return hashlib.blake2b(mark.encode(), digest_size=8).hexdigest()


def read_settings(
    environment: Mapping[str, str],
    *,
    profile: str | None,
    region: str | None,
    credentials: Credentials | None,
    endpoint: str | None,
    token_url: str | None,
    home: str | os.PathLike[str] | None,
) -> Settings:
    """Put the settings together.

    Parameters
    ----------
    environment : mapping of str to str
        As ``os.environ``.
    profile, region, credentials, endpoint, token_url, home : see `connect`

    Returns
    -------
    Settings

    Raises
    ------
    ConfigError
        No credentials, half of them, a profile that cannot be used, or a store as in
        `read_home`.
    TypeError
        An argument of the wrong kind.
    """
    check_texts(profile=profile, region=region, endpoint=endpoint, token_url=token_url)
    if credentials is not None and not isinstance(credentials, Credentials):  # type: ignore[redundant-expr, unused-ignore] # types may lie
        raise TypeError(
            "credentials= must be spreports.Credentials(refresh_token, client_id, "
            f"client_secret), and not {type(credentials).__name__}"
        )
    found, source, name = credentials, "the arguments", None
    stored: Mapping[str, str] = {}
    if found is None and profile is not None:
        stored = read_profile(profile, environment)
        found, source = _credentials(stored), f"profile {profile!r}"
    if found is None:
        found, source = _from_environment(environment), "the environment"
        # It belongs to the credentials beside it, and to no others
        name = environment.get("SPREPORTS_ACCOUNT")
    if found is None and (named := environment.get("SPREPORTS_PROFILE")):
        try:
            stored = read_profile(named, environment)
        except ConfigError as exc:
            raise ConfigError(f"SPREPORTS_PROFILE: {exc}") from None
        found, source = _credentials(stored), f"profile {named!r} (SPREPORTS_PROFILE)"
    if found is None:
        raise ConfigError(
            f"no credentials: set {REFRESH_TOKEN}, {CLIENT_ID[0]} (or {CLIENT_ID[1]}) "
            f"and {CLIENT_SECRET}, or name a profile (profile=, SPREPORTS_PROFILE), "
            "or pass credentials=spreports.Credentials(...); without an Amazon "
            'account, spreports.connect("simulator") needs none'
        )

    def pick(given: str | None, variable: str, key: str) -> str | None:
        return given or environment.get(variable) or stored.get(key)

    by_variable = "SPREPORTS_REGION" if environment.get("SPREPORTS_REGION") else source
    region_by = "region=" if region else by_variable
    return Settings(
        credentials=found,
        region=pick(region, "SPREPORTS_REGION", "region"),
        region_by=region_by,
        endpoint=pick(endpoint, "SPREPORTS_ENDPOINT", "endpoint"),
        token_url=pick(token_url, "SPREPORTS_TOKEN_URL", "token_url"),
        home=read_home(environment, home),
        catalogue=read_catalogue(environment),
        source=source,
        name=_account(stored.get("account") if stored else name),
    )


def read_home(
    environment: Mapping[str, str], home: str | os.PathLike[str] | None = None
) -> Path | None:
    """Return where the store is to lie; None is the user's cache folder.

    Raises
    ------
    ConfigError
        ``SPREPORTS_HOME`` ends in what nobody sees.
    """
    said = environment.get("SPREPORTS_HOME") or None
    if not home and said != (said and said.strip()):
        raise ConfigError(
            "SPREPORTS_HOME has a line break or space at its ends, which would be part "
            "of the folder's name (a file with Windows line ends brings one): set it "
            "again"
        )
    place = home or said
    return Path(place) if place else None


def check_texts(**given: object) -> None:
    """Raise `TypeError` for a setting that is neither a string nor left out."""
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name}= must be a string, and not {type(value).__name__}")


def check_home(home: object) -> None:
    """Raise `TypeError` for a store that is no path."""
    if home is not None and not isinstance(home, str | os.PathLike):
        raise TypeError(f"home= must be a path, and not {type(home).__name__}")


def check_notifications(notifications: object) -> None:
    """Raise `TypeError` for what cannot tell of reports, before one is made."""
    can_tell = callable(getattr(notifications, "finished", None))
    if notifications is None or (can_tell and not isinstance(notifications, type)):
        return
    raise TypeError(
        "notifications= must be an object that tells of reports, such as"
        f" SQSQueue(url), and not {type(notifications).__name__}"
    )


def _account(name: str | None) -> str | None:
    """Return the name of an account, which is also one of folders."""
    if name and not _ACCOUNT.fullmatch(name):
        raise ConfigError(
            "account (SPREPORTS_ACCOUNT) is 1 to 64 of A-Z a-z 0-9 . _ -, the first a "
            "letter or digit"
        )
    return name or None


def _from_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Read credentials from the environment; all three or none."""
    client_id = next((environment[n] for n in CLIENT_ID if environment.get(n)), None)
    values = {
        REFRESH_TOKEN: environment.get(REFRESH_TOKEN),
        " or ".join(CLIENT_ID): client_id,
        CLIENT_SECRET: environment.get(CLIENT_SECRET),
    }
    missing = [name for name, value in values.items() if not value]
    if len(missing) == len(values):
        return None
    if missing:
        raise ConfigError(
            f"credentials are incomplete: {', '.join(missing)} is not set"
        )
    token, app, secret = (str(value) for value in values.values())
    return Credentials(token, app, secret)


def _credentials(profile: Mapping[str, str]) -> Credentials:
    return Credentials(*(profile[key] for key in _SECRET_KEYS))


def profiles_path(environment: Mapping[str, str]) -> Path:
    """Return where profiles are kept: ``spreports/profiles.toml`` of XDG config.

    Raises
    ------
    ConfigError
        The user has no home folder.
    """
    config = environment.get("XDG_CONFIG_HOME")
    try:
        base = Path(config) if config else Path("~/.config").expanduser()
    except RuntimeError:  # pathlib's: no HOME, and no such user
        raise ConfigError(
            "profiles are kept in the user's home folder, which is not known (HOME is "
            "not set): set HOME or XDG_CONFIG_HOME, or give credentials by the "
            "environment"
        ) from None
    return base / "spreports" / "profiles.toml"


def read_profile(name: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Read one profile.

    Returns
    -------
    mapping of str to str
        ``refresh_token``, ``client_id``, ``client_secret`` and what else is set of
        ``account``, ``region``, ``endpoint``, ``token_url``.

    Raises
    ------
    ConfigError
        No such file or profile, no TOML, a key missing or unknown, or others may read
        it; or as `profiles_path`. Nothing of the file's text is told but its keys.
    """
    path = profiles_path(environment)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            # On Windows the bits say nothing of who may read
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(
                    f"{path} holds secrets and others may read it; run: "
                    f"chmod 600 {path}"
                )
            profiles = tomllib.loads(file.read().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"profile {name!r} is asked for, but there is no {path}; write it with "
            f"[{name}] and {', '.join(_SECRET_KEYS)}, and chmod 600"
        ) from None
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8, as TOML has to be") from None
    except tomllib.TOMLDecodeError as exc:
        # It may quote the line, and the line may be a secret: its place is none
        place = _PLACE.search(str(exc))
        where = f", {place[0]}" if place else ""
        raise ConfigError(f"{path} is not TOML{where}") from None
    profile = profiles.get(name)
    if profile is not None and not isinstance(profile, dict):
        raise ConfigError(f"{path}: {name} is no table; write [{name}] above its keys")
    if profile is None:
        names = sorted(n for n, table in profiles.items() if isinstance(table, dict))
        has = f"it has: {', '.join(names)}" if names else f"write it with [{name}]"
        raise ConfigError(f"{path} has no profile {name!r}; {has}")
    if wrong := _mistakes(profile):
        raise ConfigError(f"profile {name!r} in {path}: {'; '.join(wrong)}")
    return profile


def _mistakes(profile: Mapping[str, object]) -> list[str]:
    """Say what is wrong with a profile's keys, without any value."""
    unknown = set(profile) - _PROFILE_KEYS
    known = ", ".join(sorted(_PROFILE_KEYS))
    found = {
        "missing: {}": [key for key in _SECRET_KEYS if not profile.get(key)],
        "not text: {}": [k for k, v in profile.items() if not isinstance(v, str)],
        f"{{}} is no key of it, which are {known}": sorted(unknown),
    }
    return [said.format(", ".join(keys)) for said, keys in found.items() if keys]

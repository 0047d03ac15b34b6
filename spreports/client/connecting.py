"""connect: from what the user says to a client."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.api.credentials import Credentials
from spreports.client.client import Client
from spreports.client.settings import (
    Settings,
    check_home,
    check_notifications,
    read_settings,
)
from spreports.clock import Clock
from spreports.errors import ConfigError
from spreports.facts import read_catalogue
from spreports.forks import only_here

if TYPE_CHECKING:
    from spreports.reports.notices import Notices as Notices  # noqa: PLC0414 - for Simulator.client
    from spreports.simulator import Simulator


def connect(
    target: str | None = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    credentials: Credentials | None = None,
    endpoint: str | None = None,
    token_url: str | None = None,
    home: str | os.PathLike[str] | None = None,
    notifications: Notices | None = None,
) -> Client:
    """Connect to Amazon, or to the embedded simulator.

    Nothing is asked yet.

    Parameters
    ----------
    target : ``"simulator"``, optional
        Starts the embedded Amazon and closes it with the client: collect lazy frames
        before that, since without a `home` their files go with it. It has an account
        and addresses of its own: of the others `home` and `notifications` alone count.
    profile : str, optional
        A table of ``profiles.toml`` in the user's ``spreports`` config folder.
    region : ``"na"``, ``"eu"`` or ``"fe"``, optional
        Left out, the first marketplaces asked for decide it.
    credentials : Credentials, optional
        Left out, they come from the profile or the environment
        (``SP_API_REFRESH_TOKEN``, ``LWA_APP_ID`` or ``LWA_CLIENT_ID``,
        ``LWA_CLIENT_SECRET``).
    endpoint, token_url : str, optional
        In place of Amazon's own; https, or loopback.
    home : path, optional
        The local store: staged frames, documents, ledger. Left out,
        ``SPREPORTS_HOME`` or the user's cache folder.
    notifications : SQSQueue, optional
        Tells which reports are finished, so that they need not be polled; clients of
        several accounts may share one. Whoever made it closes it.

    Returns
    -------
    Client
        A context manager.

    Raises
    ------
    ConfigError
        No credentials, or settings that contradict each other.
    TypeError
        An argument of the wrong kind.
    """
    check_home(home)
    check_notifications(notifications)
    if target == "simulator":
        return _with_simulator(home, notifications)
    if target is not None:
        raise ConfigError(
            f"connect({target!r}): the only target is 'simulator'; for another "
            "Amazon say endpoint= and token_url="
        )
    return Client(
        read_settings(
            os.environ,
            profile=profile,
            region=region,
            credentials=credentials,
            endpoint=endpoint,
            token_url=token_url,
            home=home,
        ),
        notices=notifications,
    )


def _with_simulator(
    home: str | os.PathLike[str] | None, notifications: Notices | None
) -> Client:
    """Start a simulator that lives as long as its client."""
    from spreports.simulator import Simulator  # noqa: PLC0415 - only when asked for

    simulator = Simulator()
    simulator.start()
    return connect_simulator(
        simulator, home=home, close_simulator=True, notifications=notifications
    )


def connect_simulator(
    simulator: Simulator,
    *,
    home: str | os.PathLike[str] | None = None,
    close_simulator: bool = False,
    seller: str | None = None,
    clock: Clock | None = None,
    notifications: Notices | None = None,
) -> Client:
    """Return a client of a running simulator, on the simulator's clock.

    Parameters
    ----------
    simulator : Simulator
    home : path, optional
        Left out, a throw-away folder that is removed with the client: what a
        simulated Amazon served must never be taken for the real one's.
    close_simulator : bool
        Close the simulator with the client.
    seller : str, optional
        A refresh token of somebody else's: another seller, where the simulator tells
        them apart.
    clock : Clock, optional
        The simulator's unless given.
    notifications : SQSQueue, optional
        As in `connect`.
    """
    with ExitStack() as ending:
        if close_simulator:
            ending.callback(simulator.close)
        if not home:
            home = tempfile.mkdtemp(prefix="spreports-simulator-")
            remove = partial(shutil.rmtree, home, ignore_errors=True)
            ending.callback(only_here(remove))
        settings = simulator_settings(simulator, Path(home), refresh_token=seller)
        return Client(
            replace(settings, catalogue=read_catalogue(os.environ)),
            clock=clock or simulator.clock,
            on_close=ending.pop_all().close,
            notices=notifications,
        )


def simulator_settings(
    simulator: Simulator, home: Path, *, refresh_token: str | None = None
) -> Settings:
    """Return what a client of a running simulator is made of, but for own types."""
    made_up = simulator.credentials
    return Settings(
        credentials=Credentials(
            refresh_token or made_up.refresh_token,
            made_up.client_id,
            made_up.client_secret,
        ),
        endpoint=simulator.endpoint,
        token_url=simulator.token_url,
        home=home,
        source="the simulator",
    )

"""The embedded Amazon as one object: two hosts on loopback and one clock."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from spreports.clock import Clock
from spreports.forks import only_here
from spreports.simulator import arguments
from spreports.simulator.api_origin import APIOrigin
from spreports.simulator.behind import Behind
from spreports.simulator.clock import HurriedClock
from spreports.simulator.document_origin import DocumentOrigin
from spreports.simulator.faults import Fault, FaultScript
from spreports.simulator.journal import Journal, RequestRecord
from spreports.simulator.lifecycle import Delays
from spreports.simulator.samples import Samples
from spreports.simulator.sellers import Rules, Sellers
from spreports.simulator.server import Origin
from spreports.simulator.settlements import lay_settlements
from spreports.simulator.shelf import DocumentShelf
from spreports.simulator.signing import Signer
from spreports.simulator.tokens import MadeUpCredentials, TokenOffice
from spreports.simulator.world import World

if TYPE_CHECKING:
    from spreports.client.client import Client
    from spreports.client.connecting import Notices

DEFAULT_HISTORY = timedelta(days=730)


class Simulator(Behind):
    """A stand-in for Amazon, with made-up data and real HTTP.

    Use it as a context manager, or call `start` and `close`.

    Parameters
    ----------
    seed : int
        The same seed gives the same documents and the same delays.
    speed : float
        Simulated seconds in one real second; not used where a `clock` is given.
    rows : int or mapping of str to int
        Rows of each document below its header, for all report types or by type.
    port, document_port : int
        0 takes a free one. Always on 127.0.0.1.
    clock : Clock or None
        A clock of your own, such as one that a test moves by hand.
    delays : (float, float), seconds
        How long a report is IN_QUEUE and IN_PROGRESS, more or less a quarter.
    usage_plans : bool or mapping of str to (float, int)
        Whether quotas are enforced; or other rates and bursts by operation.
    rate_header_on_429 : bool
        Whether a 429 names the rate; the reference says it does not.
    faults : iterable of Fault
        What goes wrong; more may come later through ``.faults.add``.
    fatal : mapping of str to str
        Report types that end FATAL, and what their document says.
    cooldowns : bool or mapping of str to float, seconds
        Report types that are CANCELLED when asked for again within that time, for the
        same marketplace; True takes those of the catalogue.
    others : mapping of str to float
        What somebody else uses of an operation's rate, as a share of it.
    accounts : bool
        Whether each refresh token is a seller of its own; else all are the one.
    first_day : date or None
        Order windows that end before it have no data: CANCELLED. None: two years ago.
    no_role_for : iterable of str
        Report types that are a 403.
    strict_requests : bool
        Whether requests end FATAL, with words, that lack an option, have dates which
        do not suit the type, or ask for what is not published yet.
    region : str or None
        ``"na"``, ``"eu"`` or ``"fe"``: other marketplaces are a 403. None allows all.
    strict_credentials : bool
        Whether a login must use `credentials`; else any values will do.
    samples : bool, path or None
        Serve the packaged samples, or those of a folder, instead of generated rows.
    url_lifetime, token_lifetime, page_token_lifetime : float, seconds
        Of presigned URLs, of access tokens and RDTs, of nextToken.
    compress : bool
        Whether documents are gzip, with a compressionAlgorithm.
    etag : str or None
        Of documents: ``"md5"``, ``"opaque"`` or none.
    settlements : bool
        Whether two settlement reports exist from the start.
    world : World or None
        A business that goes on: reports whose windows overlap agree, and change as
        orders settle. None: every document is made up by itself.

    Raises
    ------
    ValueError, TypeError
        An argument is out of its range, or of another kind.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float = 60.0,
        rows: int | Mapping[str, int] = 200,
        port: int = 0,
        document_port: int = 0,
        clock: Clock | None = None,
        delays: tuple[float, float] = (20.0, 40.0),
        usage_plans: bool | Mapping[str, tuple[float, int]] = True,
        rate_header_on_429: bool = False,
        faults: Iterable[Fault] = (),
        fatal: Mapping[str, str] | None = None,
        cooldowns: bool | Mapping[str, float] = False,
        others: Mapping[str, float] | None = None,
        accounts: bool = False,
        first_day: date | None = None,
        no_role_for: Iterable[str] = (),
        strict_requests: bool = False,
        region: str | None = None,
        strict_credentials: bool = False,
        samples: bool | str | Path | None = None,
        url_lifetime: float = 300.0,
        token_lifetime: float = 3600.0,
        page_token_lifetime: float = 3600.0,
        compress: bool = True,
        etag: str | None = "md5",
        settlements: bool = True,
        world: World | None = None,
    ) -> None:
        arguments.check_choices(etag, region)
        arguments.check_ports(port=port, document_port=document_port)
        arguments.check_course(delays, world)
        arguments.check_types(rows=rows, fatal=fatal, cooldowns=cooldowns)
        self.clock: Clock = clock or HurriedClock(speed)
        self.credentials = MadeUpCredentials.fresh()
        self.faults = FaultScript(faults)
        self._journal = Journal()
        self._settlements = settlements
        self._world = world
        folder = Path(samples) if isinstance(samples, str | Path) else None
        served = Samples(folder) if samples else None
        self._undo = ExitStack()
        documents = Path(tempfile.mkdtemp(prefix="spreports-simulator-"))
        remove = only_here(partial(shutil.rmtree, documents, ignore_errors=True))
        # Also where nobody closes it: with the process, or before
        self._undo.callback(weakref.finalize(self, remove))
        signer = Signer(self.clock, url_lifetime)
        self._shelf = DocumentShelf(
            documents,
            signer,
            seed=seed,
            rows=rows,
            compressed=compress,
            samples=served,
            world=world,
            origin=lambda: self._documents.url,
        )
        rules = Rules(
            clock=self.clock,
            delays=Delays(*delays, random.Random(seed)),
            faults=self.faults,
            shelf=self._shelf,
            journal=self._journal,
            fatal=fatal or {},
            cooldowns=cooldowns,
            world=world,
            first_day=first_day or (self.clock.now() - DEFAULT_HISTORY).date(),
            strict_requests=strict_requests,
            usage_plans=usage_plans,
            others=others or {},
            page_token_lifetime=page_token_lifetime,
            region=region,
            no_role_for=frozenset(no_role_for),
        )
        sellers = Sellers(rules, apart=accounts)
        self._book = sellers.of(self.credentials.refresh_token).book
        api = APIOrigin(
            clock=self.clock,
            office=TokenOffice(
                self.clock,
                self._journal,
                self.credentials,
                lifetime=token_lifetime,
                strict=strict_credentials,
            ),
            sellers=sellers,
            faults=self.faults,
            journal=self._journal,
            is_restricted=self._shelf.is_restricted,
            rate_header_on_429=rate_header_on_429,
        )
        host = DocumentOrigin(
            self.clock, self._shelf, signer, self.faults, self._journal, etag=etag
        )
        try:
            self._documents = Origin(
                host, self.clock, product="AmazonS3", port=document_port
            )
            self._undo.callback(self._documents.close)
            self._api = Origin(api, self.clock, product="Server", port=port)
            self._undo.callback(self._api.close)
        except OSError:
            self._undo.close()
            raise

    @property
    def endpoint(self) -> str:
        """The API's origin, such as ``http://127.0.0.1:8080``."""
        return self._api.url

    @property
    def token_url(self) -> str:
        """Where to log in."""
        return f"{self._api.url}/auth/o2/token"

    @property
    def refresh_token(self) -> str:
        """The refresh token of `credentials`."""
        return self.credentials.refresh_token

    @property
    def client_id(self) -> str:
        """The client id of `credentials`."""
        return self.credentials.client_id

    @property
    def client_secret(self) -> str:
        """The client secret of `credentials`."""
        return self.credentials.client_secret

    @property
    def requests(self) -> list[RequestRecord]:
        """All requests so far, in order, without secrets."""
        return self._journal.requests

    @property
    def ignored(self) -> Counter[str]:
        """Body keys and query parameters that Amazon does not know, counted.

        The keys are ``"<operation> <name>"``.
        """
        return self._journal.ignored

    @property
    def breaches(self) -> list[str]:
        """Sentences about what a client should not have done."""
        return self._journal.breaches

    @property
    def failures(self) -> list[BaseException]:
        """What broke in the simulator itself; empty, or it has a bug."""
        return [*self._api.failures, *self._documents.failures]

    def start(self) -> Self:
        """Serve; the settlements that Amazon has made are there."""
        if self._settlements:
            lay_settlements(self._book, self.clock.now())
            self._settlements = False
        self._api.start()
        self._documents.start()
        return self

    def close(self) -> None:
        """Stop serving and remove the documents; safe to call twice.

        A forked child gives up its copy alone: its parent's goes on serving.
        """
        self._undo.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def client(
        self,
        *,
        home: str | os.PathLike[str] | None = None,
        close_simulator: bool = False,
        seller: str | None = None,
        clock: Clock | None = None,
        notifications: Notices | None = None,
    ) -> Client:
        """Return a client of this simulator, on its clock.

        Parameters
        ----------
        home : path, optional
            The local store; a throw-away folder, removed with the client, if left out.
        close_simulator : bool
            Close this simulator with the client.
        seller : str, optional
            A refresh token: another seller's, with ``accounts=True``.
        clock : Clock, optional
            This simulator's if left out.
        notifications : SQSQueue, optional
            As in `connect`.
        """
        from spreports.client.connecting import connect_simulator  # noqa: PLC0415  a client may hold a simulator, but the room does not need clients

        return connect_simulator(
            self,
            home=home,
            close_simulator=close_simulator,
            seller=seller,
            clock=clock,
            notifications=notifications,
        )

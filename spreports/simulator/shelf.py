"""Where the documents of reports are kept, and what each of them holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from spreports import catalog
from spreports.simulator.content import Content, Order, content_of
from spreports.simulator.content.document import window_or_day
from spreports.simulator.day_windows import held_days, row_period
from spreports.simulator.documents import Document
from spreports.simulator.lifecycle import Report
from spreports.simulator.marketplaces import BY_COUNTRY, MARKETPLACES
from spreports.simulator.report_types import facts_of
from spreports.simulator.samples import Samples
from spreports.simulator.signing import FOLDER, Signer
from spreports.simulator.world import World


class DocumentShelf:
    """Documents by id.

    Parameters
    ----------
    folder : Path
        For temporary files.
    signer : Signer
    seed : int
    rows : int or mapping of str to int
        Rows of a document, one number for all or one per report type.
    compressed : bool
        Whether generated documents are gzip.
    samples : Samples or None
        Served instead of generated content, where there is one for the type.
    world : World or None
        Makes the content of the types that it has.
    origin : callable, () -> str
        Scheme, host and port of the document host, known once it listens.
    """

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        *,
        seed: int,
        rows: int | Mapping[str, int],
        compressed: bool,
        samples: Samples | None,
        world: World | None,
        origin: Callable[[], str],
    ) -> None:
        self._folder = folder
        self._signer = signer
        self._seed = seed
        self._rows = rows
        self._compressed = compressed
        self._samples = samples
        self._world = world
        self._origin = origin
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}

    def lay(self, report: Report) -> None:
        """Keep the document of a report that will be DONE; nothing is written yet."""
        order = self._order(report)
        world = self._world
        if world is not None and world.has(report.report_type):
            made = report.created.replace(microsecond=0)
            self._keep(
                report,
                lambda: world.content(report.report_type, order, made),
                compressed=self._compressed,
            )
            return
        sample = None
        if self._samples is not None:
            sample = self._samples.find(report.report_type, order.marketplaces[0])
        if sample is None:
            self._keep(
                report,
                lambda: content_of(report.report_type, order),
                compressed=self._compressed,
            )
            return
        self._keep(
            report, sample.content, compressed=sample.compressed, ready=sample.path
        )

    def lay_text(self, report: Report, text: str) -> None:
        """Keep a document of one small text, never compressed."""
        self._keep(report, lambda: Content.of_text(text), compressed=False)

    def _keep(
        self,
        report: Report,
        make: Callable[[], Content],
        *,
        compressed: bool,
        ready: Path | None = None,
    ) -> None:
        facts = facts_of(report.report_type)
        document_id = report.document_id or ""
        document = Document(
            document_id,
            make,
            self._folder,
            compressed=compressed,
            restricted=facts is not None and facts.restricted,
            created=report.created.replace(microsecond=0),
            ready=ready,
        )
        with self._lock:
            self._documents[document_id] = document

    def _order(self, report: Report) -> Order:
        rows = self._rows
        places = tuple(
            MARKETPLACES[each]
            for each in report.marketplace_ids
            if each in MARKETPLACES
        )
        entry = catalog.lookup(report.report_type)
        asked = _whole_seconds(report.start), _whole_seconds(report.end)
        start, end = held_days(entry, *asked, report.options)
        return Order(
            seed=self._seed,
            rows=rows if isinstance(rows, int) else rows.get(report.report_type, 200),
            marketplaces=places or (BY_COUNTRY["US"],),
            start=window_or_day(start, end),
            end=end,
            options=report.options,
            asked_start=asked[0],
            asked_end=asked[1],
            period=row_period(entry, report.options),
        )

    def is_restricted(self, document_id: str) -> bool:
        """Whether a document needs an RDT."""
        with self._lock:
            document = self._documents.get(document_id)
        return document is not None and document.restricted

    def presign(self, document_id: str, encoded: bool) -> tuple[str, str | None] | None:  # noqa: FBT001  the reference's parameter, passed on by position
        """Return a fresh URL and the compression algorithm; None: no such document.

        The URL of a gzip document makes the host say ``Content-Encoding: identity``,
        or ``gzip`` where that was asked for.
        """
        with self._lock:
            document = self._documents.get(document_id)
        if document is None:
            return None
        if not document.compressed:
            return self._signer.sign(self._origin(), document_id, None), None
        encoding = "gzip" if encoded else "identity"
        return self._signer.sign(self._origin(), document_id, encoding), "GZIP"

    def behind(self, path: str) -> Document | None:
        """Return the document of a URL's path."""
        with self._lock:
            return self._documents.get(unquote(path.removeprefix(FOLDER)))


def _whole_seconds(moment: datetime) -> datetime:
    """Drop the fraction, which Amazon does not show either."""
    return moment.replace(microsecond=0)

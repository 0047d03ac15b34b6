"""A download ends with the whole document, or with an error and nothing."""

from __future__ import annotations

import errno
import gzip
import hashlib
import logging
import os
import pickle
import random
import traceback
from pathlib import Path
from typing import IO, Any

import pytest

from spreports.errors import BadRequestError, DownloadError
from spreports.fetch.download import StoredDocument, download
from spreports.fetch.spool import Spool
from tests.clocks import ManualClock
from tests.fetch.bad_host import FAULTS, SIGNATURE, BadHost
from tests.fetch.conftest import AtEachChunk

TEXT = b"".join(b"%06d\tvalue %d\n" % (i, i * 7919) for i in range(20_000))
STORED = gzip.compress(TEXT, 1, mtime=0)
NOT_MD5 = '"d41d8cd98f00b204e9800998ecf8427e-3"'


def fetch(
    host: BadHost,
    target: Path,
    *,
    clock: ManualClock | None = None,
    max_bytes: int | None = None,
    gzip_told: bool = False,
) -> StoredDocument:
    return download(
        lambda: host.url,
        target,
        clock=clock or ManualClock(),
        loopback=True,
        max_bytes=max_bytes,
        gzip_told=lambda: gzip_told,
    )


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "home")


def test_a_document_arrives_with_its_facts(tmp_path: Path) -> None:
    with BadHost(STORED) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == STORED
    assert stored.size == len(STORED)
    assert stored.content_type == "text/plain; charset=UTF-8"
    assert stored.verified == "md5"
    assert only(tmp_path) == ["d"]
    assert stored.path.stat().st_mode & 0o777 == 0o600


def test_the_host_gets_no_header_but_four(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with BadHost(STORED, ["reset"]) as host:
        fetch(host, tmp_path / "d")

    first, second = host.requests
    assert set(first.headers) <= {"host", "user-agent", "accept-encoding"}
    assert first.headers["accept-encoding"] == "identity"
    assert set(second.headers) - set(first.headers) == {"range", "if-match"}
    assert second.headers["if-match"] == host.etag


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("body", [STORED, TEXT], ids=["gzip", "plain"])
def test_one_fault_does_no_harm(tmp_path: Path, fault: str, body: bytes) -> None:
    with BadHost(body, ["reset", fault]) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == body


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_does_no_harm_without_an_md5(tmp_path: Path, fault: str) -> None:
    with BadHost(STORED, [fault], etag=NOT_MD5) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == STORED
    assert stored.verified in {"gzip", "twice"}


def test_resuming_fetches_only_what_is_missing(tmp_path: Path) -> None:
    cuts = iter([0.4, 0.8])
    with BadHost(TEXT, ["reset", "reset"], where=lambda: next(cuts, 0.9)) as host:
        fetch(host, tmp_path / "d")

    assert [request.start is not None for request in host.requests] == [
        False,
        True,
        True,
    ]
    # what was in flight when the connection was reset is lost, and nothing more
    assert host.sent < len(TEXT) * 1.5


@pytest.mark.parametrize("end", range(1, 70, 3))
def test_a_document_cut_anywhere_is_made_whole(tmp_path: Path, end: int) -> None:
    body = gzip.compress(b"a\tb\n1\t2\n" * 40)
    share = min(end / len(body), 0.99)
    faults = ["cut_without_length", "close_early", "short_length"]
    with BadHost(body, faults, etag=None, where=lambda: share) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == body


def test_a_host_that_always_cuts_ends_in_an_error_and_nothing(tmp_path: Path) -> None:
    with (
        BadHost(STORED, ["cut_without_length"] * 99, etag=None) as host,
        pytest.raises(DownloadError, match="not whole, sound gzip"),
    ):
        fetch(host, tmp_path / "d")

    assert only(tmp_path) == []


def test_a_host_that_breaks_at_the_same_byte_does_not_loop(tmp_path: Path) -> None:
    clock = ManualClock()
    with (
        BadHost(TEXT, ["close_early"] * 99, etag=None) as host,
        pytest.raises(DownloadError, match="tries in a row"),
    ):
        fetch(host, tmp_path / "d", clock=clock)

    assert len(host.requests) <= 11
    assert len(clock.slept) == len(host.requests) - 1
    assert all(0.5 <= wait <= 20 for wait in clock.slept)


def test_a_plain_document_without_length_has_to_come_twice(tmp_path: Path) -> None:
    script = ["cut_without_length", "without_length", "without_length"]
    with BadHost(TEXT, script, etag=None) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == TEXT
    assert stored.verified == "twice"
    assert len(host.requests) == 4  # the last asks what comes after the end


def test_a_plain_document_that_is_always_cut_at_the_same_byte_is_an_error(
    tmp_path: Path,
) -> None:
    with (
        BadHost(TEXT, ["cut_without_length"] * 40, etag=None) as host,
        pytest.raises(DownloadError),
    ):
        fetch(host, tmp_path / "d")

    assert list(tmp_path.glob("d*")) == []


def test_a_cut_between_gzip_members_is_seen(tmp_path: Path) -> None:
    first = gzip.compress(b"a\n1\n")
    body = first + gzip.compress(b"2\n")
    share = len(first) / len(body)
    script = ["cut_without_length"]
    with BadHost(body, script, etag=None, where=lambda: share + 1e-9) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == body


ROWS = TEXT.index(b"\n", len(TEXT) // 2) + 1
MEMBERS = gzip.compress(TEXT[:ROWS], 1) + gzip.compress(TEXT[ROWS:], 1)
MEMBER = MEMBERS.index(b"\x1f\x8b\x08", 9)


@pytest.mark.parametrize("etag", [None, NOT_MD5, f'"{"a" * 32}"'])
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(("body", "cut"), [(TEXT, ROWS), (MEMBERS, MEMBER)])
def test_chunks_that_end_before_the_document_are_not_the_document(
    tmp_path: Path, etag: str | None, ranges: bool, body: bytes, cut: int
) -> None:
    script = ["short_chunked", *(["ignore_range"] if not ranges else [])]
    share = (cut + 0.5) / len(body)
    with BadHost(body, script, etag=etag, where=lambda: share) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == body


@pytest.mark.parametrize("etag", [None, NOT_MD5])
@pytest.mark.parametrize(
    ("body", "verified"), [(TEXT, "length"), (STORED, "gzip"), (MEMBERS, "gzip")]
)
def test_a_look_behind_the_last_chunk_spares_a_second_transfer(
    tmp_path: Path, etag: str | None, body: bytes, verified: str
) -> None:
    with BadHost(body, ["chunked"], etag=etag) as host:
        stored = fetch(host, tmp_path / "d")

    assert (stored.path.read_bytes(), stored.verified) == (body, verified)
    assert [request.start for request in host.requests] == [None, len(body)]


def test_what_was_told_with_a_length_costs_no_look_behind_its_end(
    tmp_path: Path,
) -> None:
    for body in (TEXT, STORED):
        with BadHost(body, etag=NOT_MD5) as host:
            fetch(host, tmp_path / "d")
        assert len(host.requests) == 1


def test_chunks_that_match_their_etag_cost_no_look_behind_their_end(
    tmp_path: Path,
) -> None:
    with BadHost(TEXT, ["chunked"]) as host:
        assert fetch(host, tmp_path / "d").verified == "md5"
    assert len(host.requests) == 1


def test_what_follows_chunks_that_ended_too_early_is_fetched_alone(
    tmp_path: Path,
) -> None:
    with BadHost(TEXT, ["short_chunked"], etag=NOT_MD5, where=lambda: 0.5) as host:
        stored = fetch(host, tmp_path / "d")

    half = len(TEXT) // 2
    assert stored.path.read_bytes() == TEXT
    assert [request.start for request in host.requests] == [None, half, half]


@pytest.mark.parametrize("etag", [None, NOT_MD5])
def test_chunks_that_always_end_too_early_are_an_error_and_nothing(
    tmp_path: Path, etag: str | None
) -> None:
    with (
        BadHost(TEXT, ["short_chunked"] * 99, etag=etag, where=lambda: 0.5) as host,
        pytest.raises(DownloadError),
    ):
        fetch(host, tmp_path / "d")

    assert only(tmp_path) == []


@pytest.mark.parametrize("look", ["hang_up", "503", "expired", "412", "416", "html"])
def test_where_a_look_behind_the_last_chunk_tells_nothing_it_comes_twice(
    tmp_path: Path, look: str
) -> None:
    with BadHost(TEXT, ["chunked", look, "chunked"], etag=NOT_MD5) as host:
        stored = fetch(host, tmp_path / "d")

    assert (stored.path.read_bytes(), stored.verified) == (TEXT, "twice")
    assert [r.start for r in host.requests] == [None, len(TEXT), None, len(TEXT)]


def test_chunks_whose_etag_only_looks_like_an_md5_are_taken_when_they_come_twice(
    tmp_path: Path,
) -> None:
    with BadHost(STORED, ["chunked"] * 9, etag=f'"{"a" * 32}"') as host:
        assert fetch(host, tmp_path / "d").verified == "twice"


def test_where_no_etag_is_an_md5_none_is_reckoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spool, "md5", property(lambda _: pytest.fail("reckoned")))
    with BadHost(STORED, etag=NOT_MD5) as host:
        assert fetch(host, tmp_path / "d").verified == "gzip"


def test_an_md5_that_is_asked_for_late_is_that_of_all_bytes(tmp_path: Path) -> None:
    with Spool(tmp_path / "d") as spool:
        spool.walk_along()
        for chunk in (STORED[:9], STORED[9:]):
            spool.append(chunk)
        spool.flush()
        assert spool.md5 == hashlib.md5(STORED, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("lasting", [True, False])
def test_a_document_that_is_to_last_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, lasting: bool
) -> None:
    named: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: named.append((tmp_path / "d").exists()))
    with BadHost(STORED) as host:
        download(
            lambda: host.url,
            tmp_path / "d",
            clock=ManualClock(),
            loopback=True,
            lasting=lasting,
        )

    assert (tmp_path / "d").read_bytes() == STORED
    assert named == ([False] if lasting else [])


def test_an_etag_that_only_looks_like_an_md5_does_no_harm(tmp_path: Path) -> None:
    with BadHost(STORED, etag=f'"{"a" * 32}"') as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.verified == "twice"
    assert len(host.requests) == 3  # the last asks for what follows


@pytest.mark.parametrize("etag", [NOT_MD5, None])
@pytest.mark.parametrize("body", [TEXT, STORED + STORED])
@pytest.mark.parametrize(
    ("broken", "brought"), [("reset", 0.9), ("cut_chunked", 0.9), ("reset", 0.2)]
)
def test_an_answer_shorter_than_one_that_broke_is_not_the_document(
    tmp_path: Path, etag: str | None, body: bytes, broken: str, brought: float
) -> None:
    """It was told longer, or more had come; the end may be a line's or a member's."""
    place = 0.5 if body is not TEXT else TEXT.index(b"\n", len(TEXT) // 2) / len(TEXT)
    places = iter([brought, place])
    script = [broken, "short_whole"]
    with BadHost(body, script, etag=etag, where=lambda: next(places, 1.0)) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == body


def test_bytes_that_had_come_are_never_given_up_for_fewer(tmp_path: Path) -> None:
    places = iter([0.9])
    script = ["cut_chunked", *["short_whole"] * 9]
    with (
        BadHost(TEXT, script, etag=None, where=lambda: next(places, 0.5)) as host,
        pytest.raises(DownloadError, match=r"ended after \d+ bytes, of \d+ seen"),
    ):
        fetch(host, tmp_path / "d")
    assert only(tmp_path) == []
    assert len(host.requests) == 1 + 3  # the same three times is what the host has


def test_a_page_that_broke_says_nothing_of_a_document_s_length(tmp_path: Path) -> None:
    class Portal(BadHost):
        def _send(self, *arguments: object, **more: object) -> None:
            if not self.requests[1:]:
                page = b"<!DOCTYPE html><html>" + b"please wait " * len(TEXT)
                arguments = (*arguments[:3], page[: len(TEXT) * 2])
                more = {"length": len(page)}
            super()._send(*arguments, **more)  # type: ignore[arg-type] # passed on

    with Portal(TEXT, etag=None) as host:
        assert fetch(host, tmp_path / "d").size == len(TEXT)


def test_the_same_cut_twice_does_not_make_an_md5_wrong(tmp_path: Path) -> None:
    with BadHost(TEXT, ["short_whole"] * 2) as host:
        stored = fetch(host, tmp_path / "d")

    assert (stored.path.read_bytes(), stored.verified) == (TEXT, "md5")


@pytest.mark.parametrize(
    ("encryption", "verified"), [("AES256", None), ("aws:kms", "gzip"), ("", "twice")]
)
def test_how_a_host_encrypts_tells_whether_an_etag_is_an_md5(
    tmp_path: Path, encryption: str, verified: str | None
) -> None:
    more = {"x-amz-server-side-encryption": encryption} if encryption else {}
    with BadHost(STORED, etag=f'"{"a" * 32}"', more=more) as host:
        if verified is None:
            with pytest.raises(DownloadError, match="do not match their ETag"):
                fetch(host, tmp_path / "d")
        else:
            assert fetch(host, tmp_path / "d").verified == verified


def test_what_never_matches_its_md5_is_what_the_host_has_when_it_comes_three_times(
    tmp_path: Path,
) -> None:
    sure = {"x-amz-server-side-encryption": "AES256"}
    with (
        BadHost(STORED, ["bit_flip"] * 99, more=sure) as host,
        pytest.raises(DownloadError, match="do not match their ETag"),
    ):
        fetch(host, tmp_path / "d")

    assert len(host.requests) == 3
    assert only(tmp_path) == []


def test_a_document_that_is_told_to_be_too_large_is_refused_before_a_byte_of_it(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    seen: list[int] = []
    at_each_chunk(seen.append)
    with (
        BadHost(TEXT) as host,
        pytest.raises(DownloadError, match="larger than"),
    ):
        download(
            lambda: host.url,
            tmp_path / "d",
            clock=ManualClock(),
            loopback=True,
            max_bytes=len(TEXT) - 1,
        )

    assert (seen, only(tmp_path)) == ([], [])


@pytest.mark.parametrize("fault", ["zipped_html", "login"])
def test_what_comes_once_in_place_of_gzip_is_not_the_document(
    tmp_path: Path, fault: str
) -> None:
    with BadHost(STORED, [fault], etag=None) as host:
        stored = fetch(host, tmp_path / "d", gzip_told=True)

    assert stored.path.read_bytes() == STORED


def test_text_that_is_told_to_be_gzip_is_taken_when_it_comes_twice(
    tmp_path: Path,
) -> None:
    with BadHost(TEXT, etag=None) as host:
        assert fetch(host, tmp_path / "d", gzip_told=True).verified == "twice"
    with BadHost(TEXT) as host:
        assert fetch(host, tmp_path / "d", gzip_told=True).verified == "md5"


def test_of_a_document_that_is_not_there_one_more_url_is_asked_for(
    tmp_path: Path,
) -> None:
    with (
        BadHost(STORED, ["404"] * 9) as host,
        pytest.raises(DownloadError, match="after 2 tries"),
    ):
        fetch(host, tmp_path / "d")
    assert len(host.requests) == 2


def test_a_foreign_answer_seen_once_is_not_taken(tmp_path: Path) -> None:
    with BadHost(TEXT, ["reset", "foreign"], etag=NOT_MD5) as host:
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == TEXT
    assert len(host.requests) == 3


def test_a_document_that_changed_is_taken_when_seen_twice(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    with BadHost(TEXT, ["reset"], etag=NOT_MD5) as host:

        def replace_it(_: int) -> None:
            host.body, host.etag = TEXT[::-1], '"other-1"'

        at_each_chunk(replace_it)
        stored = fetch(host, tmp_path / "d")

    assert stored.path.read_bytes() == TEXT[::-1]
    # cut; a range of another version; the whole, seen once; the whole, seen twice
    assert len(host.requests) == 4


def test_a_url_older_than_240_seconds_is_renewed_before_use(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    clock = ManualClock()
    issued = []
    with BadHost(TEXT, ["reset", "fine"]) as host:

        def fresh_url() -> str:
            issued.append(clock.now())
            return host.url

        def wait(_: int) -> None:
            if len(host.requests) == 1 and len(clock.slept) == 0:
                clock.advance(300)

        at_each_chunk(wait)
        download(fresh_url, tmp_path / "d", clock=clock, loopback=True)

    assert len(issued) == 2


def test_a_refused_url_is_renewed_three_times_at_most(tmp_path: Path) -> None:
    calls = 0
    with BadHost(TEXT, ["expired"] * 99) as host:

        def fresh_url() -> str:
            nonlocal calls
            calls += 1
            return host.url

        clock = ManualClock()
        with pytest.raises(DownloadError, match="HTTP 403 AccessDenied"):
            download(fresh_url, tmp_path / "d", clock=clock, loopback=True)

    assert calls == 4
    # the first renewal comes at once, the others wait
    assert len(clock.slept) == 2
    assert only(tmp_path) == []


def test_a_page_that_refuses_is_a_proxys_and_tells_nothing_of_the_document(
    tmp_path: Path,
) -> None:
    with BadHost(TEXT, ["blocked"] * 99) as host:
        with pytest.raises(DownloadError, match="proxy or filter") as caught:
            download(
                lambda: host.url, tmp_path / "d", clock=ManualClock(), loopback=True
            )
        assert len(host.requests) == 1

    assert not caught.value.refused
    assert "policy 7" not in str(caught.value)
    assert only(tmp_path) == []


def test_a_url_that_cannot_be_renewed_is_an_expired_error(tmp_path: Path) -> None:
    with BadHost(TEXT, ["expired"]) as host:
        urls = iter([host.url])

        def once() -> str:
            for url in urls:
                return url
            raise LookupError

        with pytest.raises(DownloadError, match="expired") as caught:
            download(once, tmp_path / "d", clock=ManualClock(), loopback=True)

    assert caught.value.expired


def test_what_fresh_url_raises_passes_through(tmp_path: Path) -> None:
    def refused() -> str:
        raise BadRequestError("no such document")

    with pytest.raises(BadRequestError, match="no such"):
        download(refused, tmp_path / "d", clock=ManualClock())
    assert only(tmp_path) == []


def test_a_redirect_is_refused(tmp_path: Path) -> None:
    with (
        BadHost(TEXT, ["redirect"]) as host,
        pytest.raises(DownloadError, match="redirects are refused"),
    ):
        fetch(host, tmp_path / "d")

    assert len(host.requests) == 1


def test_an_error_page_is_never_the_document(tmp_path: Path) -> None:
    with (
        BadHost(TEXT, ["html"] * 99) as host,
        pytest.raises(DownloadError, match="HTML page") as caught,
    ):
        fetch(host, tmp_path / "d")

    assert "portal" not in str(caught.value)


def test_a_document_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    for script in (["fine"], ["without_length"]):
        with (
            BadHost(TEXT, script) as host,
            pytest.raises(DownloadError, match="max_bytes"),
        ):
            fetch(host, tmp_path / "d", max_bytes=1000)
    assert only(tmp_path) == []


def test_an_empty_document_arrives(tmp_path: Path) -> None:
    with BadHost(b"", etag=None) as host:
        stored = fetch(host, tmp_path / "d")

    assert (stored.size, stored.verified) == (0, "twice")


def test_a_dripping_host_is_given_up(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    clock, rate_clock = ManualClock(), ManualClock()
    at_each_chunk(lambda _: rate_clock.advance(1_000))
    with (
        BadHost(TEXT, etag=None) as host,
        pytest.raises(DownloadError, match="less than 1 KiB/s"),
    ):
        download(
            lambda: host.url,
            tmp_path / "d",
            clock=clock,
            loopback=True,
            rate_clock=rate_clock,
        )
    assert only(tmp_path) == []


def test_a_leftover_of_a_killed_process_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "d.part").write_bytes(b"rubbish" * 1000)
    with BadHost(TEXT) as host:
        stored = fetch(host, tmp_path / "d")

    assert host.requests[0].start is None
    assert stored.path.read_bytes() == TEXT


@pytest.mark.parametrize("told", [True, False])
def test_what_cannot_be_read_again_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    opened = Path.open

    def refusing(path: Path, mode: str = "r") -> IO[Any]:
        if path.suffix == ".part":
            raise OSError(errno.EMFILE, "Too many open files", str(path))
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", refusing)
    with (
        BadHost(STORED, etag=None if told else NOT_MD5) as host,
        pytest.raises(DownloadError, match=r"cannot read .*: Too many open") as caught,
    ):
        fetch(host, tmp_path / "d")

    assert isinstance(caught.value.__cause__, OSError)
    assert only(tmp_path) == []


def test_a_full_disk_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OnFullDisk(Spool):
        def __init__(self, target: Path, *, lasting: bool) -> None:
            super().__init__(target, lasting=lasting)
            self._file.close()
            self._file = Path("/dev/full").open("r+b")  # noqa: SIM115 - Spool's to close

    monkeypatch.setattr("spreports.fetch.download.Spool", OnFullDisk)
    with (
        BadHost(TEXT) as host,
        pytest.raises(DownloadError, match=r"No space left.*; make room") as caught,
    ):
        fetch(host, tmp_path / "d")

    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert caught.value.hopeless
    assert only(tmp_path) == []


def test_an_interrupted_download_leaves_nothing(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    at_each_chunk(interrupt)
    (tmp_path / "d").write_bytes(b"older")
    with BadHost(TEXT) as host, pytest.raises(KeyboardInterrupt):
        fetch(host, tmp_path / "d")

    assert only(tmp_path) == ["d"]
    assert (tmp_path / "d").read_bytes() == b"older"


@pytest.mark.parametrize("fault", ["expired", "hang_up", "reset", "redirect", "noise"])
def test_the_signature_is_in_no_error_and_no_log(
    tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        BadHost(TEXT, [fault] * 99, where=lambda: 0.0) as host,
        pytest.raises(DownloadError) as caught,
    ):
        fetch(host, tmp_path / "d")

    error: BaseException | None = caught.value
    shown = [caplog.text]
    while error is not None:
        shown += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    shown.append("".join(traceback.format_exception(caught.value)))
    shown.append(pickle.dumps(caught.value).decode("latin-1"))
    assert SIGNATURE.partition("=")[2] not in "".join(shown)
    frames = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    inside = [
        frame
        for frame in frames.stack
        if "/spreports/" in frame.filename and frame.locals
    ]
    assert inside
    assert SIGNATURE not in "".join(str(frame.locals) for frame in inside)


def test_an_unreachable_host_is_a_download_error_without_its_url(
    tmp_path: Path,
) -> None:
    with BadHost(TEXT) as host:
        url = host.url
    with pytest.raises(DownloadError, match="no connection") as caught:
        download(lambda: url, tmp_path / "d", clock=ManualClock(), loopback=True)
    assert caught.value.__context__ is None
    assert "127.0.0.1" not in str(caught.value)


def chaos(tmp_path: Path, runs: int) -> tuple[int, int]:
    """Return how many downloads came through and how many ended in an error."""
    came, failed = 0, 0
    for seed in range(runs):
        dice = random.Random(seed)  # noqa: S311 - seeded, no secrets
        gzipped = dice.random() < 0.6
        body = STORED if gzipped else TEXT
        etag = "md5" if not gzipped or dice.random() < 0.5 else NOT_MD5
        script = [
            dice.choice(FAULTS) if dice.random() < 0.6 else "fine" for _ in range(200)
        ]
        target = tmp_path / str(seed)
        with BadHost(body, script, etag=etag, where=dice.random, seed=seed) as host:
            try:
                stored = fetch(host, target)
            except DownloadError:
                failed += 1
                assert not target.exists()
            else:
                came += 1
                assert stored.path.read_bytes() == body, f"wrong bytes, seed {seed}"
                target.unlink()
        assert only(tmp_path) == []
    return came, failed


@pytest.mark.slow
def test_sixty_chaotic_downloads_are_equal_to_the_bit_or_errors(tmp_path: Path) -> None:
    came, failed = chaos(tmp_path, 60)

    assert came >= 57, f"{failed} gave up"


@pytest.mark.slow
def test_three_hundred_chaotic_downloads(tmp_path: Path) -> None:
    came, failed = chaos(tmp_path, 300)

    assert came >= 285, f"{failed} gave up"

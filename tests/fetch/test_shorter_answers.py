"""A copy is held against all that earlier answers have shown of the length."""

from __future__ import annotations

import gzip
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spreports.errors import DownloadError
from spreports.fetch.download import StoredDocument, download
from spreports.fetch.lengths import Lengths
from tests.clocks import ManualClock
from tests.fetch.bad_host import BadHost, Request, md5_etag

TEXT = b"".join(b"%06d\tvalue %d\n" % (i, i * 7919) for i in range(3_000))
SHORT = TEXT[: TEXT.index(b"\n", 20_000) + 1]
MEMBER = gzip.compress(SHORT, mtime=0)
PACKED = MEMBER + gzip.compress(TEXT[len(SHORT) :], mtime=0)
PAGE = b"<!DOCTYPE html><html>" + b"please wait " * len(TEXT)
OPAQUE, OTHER = '"opaque-2"', '"other-2"'


@dataclass
class Answer:
    """One answer; `length` is told, and None leaves the end to the connection."""

    body: bytes
    etag: str | None = OPAQUE
    length: int | None = -1
    status: int = 200
    content_range: str | None = None
    chunked: bool = False

    def cut(self, size: int) -> Answer:
        """Return one that breaks after `size` bytes."""
        return Answer(self.body[:size], self.etag, len(self.body))


NO_ANSWER = Answer(b"", None)


@dataclass
class Contradicting(BadHost):
    """Gives its answers in turn, and the last one for ever."""

    answers: tuple[Answer, ...] = ()
    given: int = field(default=0, init=False)

    def _answer(self, connection: socket.socket, request: Request, fault: str) -> None:
        answer = self.answers[min(self.given, len(self.answers) - 1)]
        self.given += 1
        if answer is NO_ANSWER:
            return
        headers = {} if answer.etag is None else {"ETag": answer.etag}
        if answer.content_range:
            headers["Content-Range"] = answer.content_range
        body, length = answer.body, answer.length
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
            body, length = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), None
        self._send(connection, answer.status, headers, body, length=length)


def flipped(body: bytes) -> bytes:
    return body[:5000] + bytes([body[5000] ^ 1]) + body[5001:]


def fetch(
    target: Path, *answers: Answer, gzip_told: bool = False
) -> tuple[StoredDocument, int]:
    """Return the document and how many answers it took."""
    host = Contradicting(b"", answers=answers)
    with host:
        stored = download(
            lambda: host.url,
            target,
            clock=ManualClock(),
            loopback=True,
            gzip_told=lambda: gzip_told,
        )
        return stored, host.given


REST = Answer(
    TEXT[9_000:],
    status=206,
    content_range=f"bytes 9000-{len(TEXT) - 1}/{len(TEXT)}",
)
UNSATISFIED = Answer(b"", None, status=416, content_range=f"bytes */{len(TEXT)}")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param((Answer(SHORT).cut(9_000), REST, Answer(SHORT)), id="206"),
        pytest.param((Answer(SHORT).cut(9_000), UNSATISFIED, Answer(SHORT)), id="416"),
        pytest.param((REST, Answer(SHORT)), id="206-unasked"),
        pytest.param(
            (Answer(SHORT, content_range=f"bytes 0-19999/{len(TEXT)}"),),
            id="200-with-a-range",
        ),
        pytest.param(
            (Answer(PACKED, None).cut(len(MEMBER) + 99), Answer(MEMBER)), id="gzip-cut"
        ),
        pytest.param((Answer(TEXT, None).cut(30_000), Answer(SHORT)), id="no-etag"),
        pytest.param((Answer(TEXT, 'W/"x"').cut(30_000), Answer(SHORT)), id="weak"),
        pytest.param(
            (Answer(TEXT).cut(30_000), Answer(SHORT, None)), id="etag-is-left-out"
        ),
        pytest.param(
            (Answer(TEXT[:30_000], None, None), Answer(SHORT, None)), id="unframed"
        ),
        pytest.param(
            (Answer(TEXT, None, None), Answer(SHORT, None, None)), id="both-unframed"
        ),
        pytest.param((Answer(TEXT, length=None), Answer(SHORT)), id="unframed-etag"),
        pytest.param(
            (Answer(flipped(TEXT), md5_etag(TEXT)), Answer(SHORT, md5_etag(TEXT))),
            id="md5",
        ),
        pytest.param((Answer(flipped(PACKED)), Answer(SHORT)), id="flipped-then-plain"),
        pytest.param((Answer(flipped(PACKED)), Answer(MEMBER)), id="flipped-member"),
        pytest.param(
            (
                Answer(SHORT).cut(9_000),
                Answer(TEXT, OTHER),
                Answer(SHORT, OTHER),
            ),
            id="another-version-told-longer",
        ),
    ],
)
def test_what_an_earlier_answer_showed_to_be_longer_is_never_taken(
    tmp_path: Path, answers: tuple[Answer, ...]
) -> None:
    with pytest.raises(DownloadError, match=r"ended after \d+ bytes, of \d+"):
        fetch(tmp_path / "d", *answers)
    assert list(tmp_path.glob("d*")) == []


def test_a_document_of_which_each_copy_is_longer_is_given_up_with_the_fifth(
    tmp_path: Path,
) -> None:
    # Each makes the progress after which other setbacks are counted anew
    copies = tuple(Answer(b"x" * (n << 16), None, None) for n in range(2, 30))

    with (
        Contradicting(b"", answers=copies) as host,
        pytest.raises(DownloadError, match="reuse=False"),
    ):
        download(lambda: host.url, tmp_path / "d", clock=ManualClock(), loopback=True)

    assert sum(request.start is None for request in host.requests) == 5


@pytest.mark.parametrize(
    ("etag", "verified", "asked"),
    [(OPAQUE, "length", 2), (None, "length", 2), (OTHER, "twice", 4)],
)
@pytest.mark.parametrize("status", [200, 416])
def test_the_end_of_another_version_proves_no_copys_end(
    tmp_path: Path, status: int, etag: str | None, verified: str, asked: int
) -> None:
    copy = Answer(SHORT, chunked=True)
    end = Answer(SHORT, etag)
    if status == 416:
        end = Answer(b"", etag, status=416, content_range=f"bytes */{len(SHORT)}")

    stored, given = fetch(tmp_path / "d", copy, end, copy, end)

    assert (stored.verified, given) == (verified, asked)


def test_copies_that_end_with_the_connection_make_of_no_md5_another_thing(
    tmp_path: Path,
) -> None:
    cut = Answer(SHORT, md5_etag(TEXT), length=None)
    with pytest.raises(DownloadError, match="do not match their ETag"):
        fetch(tmp_path / "d", cut)


def test_text_in_place_of_gzip_shows_how_long_the_text_is(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"of {len(TEXT)} seen"):
        fetch(tmp_path / "d", Answer(TEXT), Answer(SHORT), gzip_told=True)


def test_text_is_longer_than_the_gzip_of_it_which_comes_twice_and_is_taken(
    tmp_path: Path,
) -> None:
    end = Answer(b"", status=416, content_range=f"bytes */{len(PACKED)}")
    stored, _ = fetch(
        tmp_path / "d",
        Answer(TEXT),
        Answer(PACKED),
        Answer(PACKED),
        end,
        gzip_told=True,
    )
    assert (stored.size, stored.verified) == (len(PACKED), "twice")


def test_a_length_that_was_only_told_is_given_up_where_a_range_confirms_the_end(
    tmp_path: Path,
) -> None:
    end = Answer(b"", None, status=416)
    whole = Answer(SHORT)
    stored, given = fetch(
        tmp_path / "d", whole.cut(9_000), UNSATISFIED, whole, whole, end
    )
    assert (stored.size, stored.verified, given) == (len(SHORT), "twice", 5)


def test_no_answer_to_a_look_behind_the_end_proves_no_end_where_more_was_told(
    tmp_path: Path,
) -> None:
    whole = Answer(SHORT)
    with pytest.raises(DownloadError, match="did not arrive"):
        fetch(tmp_path / "d", whole.cut(9_000), UNSATISFIED, whole, whole, NO_ANSWER)


def test_what_a_look_behind_the_end_has_told_goes_on_counting(tmp_path: Path) -> None:
    unframed = Answer(SHORT, length=None)
    with pytest.raises(DownloadError, match=f"of {len(TEXT)} announced"):
        fetch(tmp_path / "d", unframed, unframed, UNSATISFIED, unframed)


# A part that breaks is there as well as one that comes
@pytest.mark.parametrize("length", [-1, 99_999])
@pytest.mark.parametrize("body", [TEXT[len(SHORT) :], b""])
def test_a_part_behind_the_end_whose_place_is_not_told_shows_that_there_is_more(
    tmp_path: Path, body: bytes, length: int
) -> None:
    unframed = Answer(SHORT, length=None)
    part = Answer(body, status=206, length=length)
    rest = f"bytes {len(SHORT)}-{len(TEXT) - 1}/{len(TEXT)}"
    end = Answer(TEXT[len(SHORT) :], status=206, content_range=rest)

    stored, given = fetch(tmp_path / "d", unframed, unframed, part, end)

    has_more = bool(body) or length > 0
    assert (stored.path.read_bytes() == TEXT) is has_more
    assert (stored.verified, given) == ("length", 4) if has_more else ("twice", 3)


def test_a_document_that_was_replaced_by_a_shorter_version_is_taken(
    tmp_path: Path,
) -> None:
    other = Answer(SHORT, OTHER)
    stored, given = fetch(tmp_path / "d", Answer(TEXT).cut(30_000), REST, other, other)
    assert (stored.path.read_bytes(), stored.etag) == (SHORT, OTHER)
    assert (stored.verified, given) == ("length", 4)


@pytest.mark.parametrize("length", [-1, None])
def test_a_page_shows_nothing_of_the_length(tmp_path: Path, length: int | None) -> None:
    stored, _ = fetch(tmp_path / "d", Answer(PAGE, None, length), Answer(SHORT))
    assert (stored.size, stored.verified) == (len(SHORT), "length")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("bytes 40-99/100", 100),
        ("bytes 40-99/*", 100),
        ("bytes */100", 100),
        ("bytes 40-49/100", 100),
        ("bytes */*", 0),
        ("rows 40-99/100", 0),
        ("", 0),
    ],
)
def test_a_content_range_tells_a_length_whichever_part_it_is_of(
    text: str, length: int
) -> None:
    lengths = Lengths()
    assert lengths.tell_range(OPAQUE, text) == length
    assert lengths.told(OPAQUE) == lengths.told(None) == length
    assert lengths.told(OTHER) == 0

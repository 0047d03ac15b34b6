"""Which answers continue a document: the rules alone, without a socket."""

from __future__ import annotations

import pytest

from spreports.fetch.resume import Continuity, Verdict

WHOLE = {"ETag": '"v1"', "Content-Length": "100"}
REST = {"ETag": '"v1"', "Content-Range": "bytes 40-99/100", "Content-Length": "60"}


def begun(**changes: str) -> Continuity:
    version = Continuity()
    assert version.judge(200, WHOLE | changes, 0) is Verdict.RESTART
    return version


def test_the_rest_of_the_same_version_is_appended() -> None:
    version = begun()
    assert version.start(40) == 40
    assert version.judge(206, REST, 40) is Verdict.APPEND


@pytest.mark.parametrize(
    "changes",
    [
        {"Content-Range": "bytes 41-99/100"},
        {"Content-Range": "bytes 39-99/100"},
        {"Content-Range": "bytes 40-98/100"},
        {"Content-Range": "bytes 40-106/107", "Content-Length": "67"},
        {"Content-Range": "bytes 40-99/*"},
        {"Content-Range": ""},
        {"Content-Length": "59"},
        {"ETag": '"v2"'},
        {"ETag": ""},
        {"ETag": 'W/"v1"'},
    ],
)
def test_a_range_that_is_not_exactly_the_rest_is_left(changes: dict[str, str]) -> None:
    version = begun()
    # lengths that agree with themselves are no excuse
    answer = REST | changes
    if changes.get("Content-Range", "").startswith(("bytes 41", "bytes 39")):
        del answer["Content-Length"]
    if changes.get("Content-Range") == "bytes 40-98/100":
        answer["Content-Length"] = "60"
    assert version.judge(206, answer, 40) is Verdict.AGAIN
    assert version.start(40) == 0


@pytest.mark.parametrize("etag", ['W/"v1"', "", "v1"])
def test_nothing_is_resumed_without_a_strong_etag(etag: str) -> None:
    assert begun(ETag=etag).start(40) == 0


def test_a_range_that_nobody_asked_for_is_left() -> None:
    assert Continuity().judge(206, REST, 0) is Verdict.AGAIN


def test_416_is_the_end_only_where_the_size_agrees() -> None:
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    done = {"Content-Range": "bytes */100"}
    assert begun(**chunked).judge(416, done, 100) is Verdict.COMPLETE
    assert begun(**chunked).judge(416, done, 99) is Verdict.AGAIN


@pytest.mark.parametrize("size", [40, 99])
def test_416_at_hand_is_no_end_where_the_document_was_told_to_be_longer(
    size: int,
) -> None:
    version = begun()

    done = {"Content-Range": f"bytes */{size}"}
    assert version.judge(416, done, size) is Verdict.AGAIN

    assert version.start(size) == 0
    assert version.total == 100


def test_a_content_range_of_a_whole_answer_tells_a_length_beside_its_own() -> None:
    version = begun(**{"Content-Range": "bytes 0-99/250"})

    assert version.total == 100
    assert version.lengths.told('"v1"') == 250


def test_beside_chunks_a_length_is_a_word_and_no_frame() -> None:
    version = begun(**{"Transfer-Encoding": "chunked"})

    assert (version.total, version.framed) == (None, True)
    assert version.lengths.told('"v1"') == 100


def test_another_version_counts_when_two_answers_running_show_it() -> None:
    other = {"ETag": '"v2"', "Content-Length": "100"}
    third = {"ETag": '"v3"', "Content-Length": "100"}
    version = begun()
    assert version.judge(200, other, 40) is Verdict.AGAIN
    assert version.judge(200, third, 40) is Verdict.AGAIN
    assert version.judge(200, other, 40) is Verdict.AGAIN
    assert version.judge(200, other, 40) is Verdict.RESTART
    assert version.etag == '"v2"'

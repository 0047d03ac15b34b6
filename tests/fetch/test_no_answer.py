"""A download that cannot go well ends at once, and says what lies between."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from spreports.errors import DownloadError
from spreports.fetch.download import download
from tests.clocks import ManualClock
from tests.one_answer import go_by, serving, unsigned_tls

URL = "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=CANARY"
TUNNEL = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return unsigned_tls(tmp_path_factory.mktemp("tls"))


def refused(proxy: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """Download through a proxy of the environment; return why it did not work."""
    go_by(proxy, monkeypatch)
    with pytest.raises(DownloadError) as caught:
        download(lambda: URL, folder / "d", clock=ManualClock())
    assert "CANARY" not in str(caught.value)
    assert caught.value.hopeless is ("tries in a row" not in str(caught.value))
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "whose"), [(TUNNEL, "document host's"), (b"", "proxy's")]
)
def test_a_certificate_that_is_refused_is_final_and_names_whose_it_is(
    unsigned: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    before: bytes,
    whose: str,
) -> None:
    with serving(b"", tls=unsigned, before=before) as url:
        proxy = url.replace("https:", "http:") if before else url
        said = refused(proxy, monkeypatch, tmp_path)

    assert f"the document did not arrive: the {whose} certificate was refused" in said
    assert "REQUESTS_CA_BUNDLE" in said


def test_a_ca_bundle_that_is_missing_is_final_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    said = refused("http://127.0.0.1:9", monkeypatch, tmp_path)

    assert "did not arrive: the file of REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE" in said


def test_a_proxy_that_wants_a_password_is_named_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n") as url:
        said = refused(url, monkeypatch, tmp_path)

    assert "9 tries in a row: the proxy refused with HTTP 407: give its user" in said


def test_an_encrypted_connection_that_breaks_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(b"no TLS at all", before=TUNNEL) as url:
        said = refused(url, monkeypatch, tmp_path)

    assert "9 tries in a row: the encrypted connection" in said

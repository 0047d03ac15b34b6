"""Document URLs lead to Amazon or nowhere."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from spreports.errors import DownloadError
from spreports.fetch.document_host import DocumentHost, SignedURL, check_url
from spreports.fetch.download import download
from tests.clocks import ManualClock

GOOD = "https://tortuga-prod-eu.s3-eu-west-1.amazonaws.com/k%2Fey?X-Amz-Signature=ab%2B"
BAD = [
    "",
    "no url",
    "http://bucket.s3.amazonaws.com/k",
    "ftp://bucket.s3.amazonaws.com/k",
    "https://evil.example/k",
    "https://evil.example/.amazonaws.com",
    "https://amazonaws.com.evil.example/k",
    "https://evilamazonaws.com/k",
    "https://s3.amazonaws.com.:443/k",
    "https://s3.amazonaws.com./k",
    "https://a..amazonaws.com/k",
    "https://-.amazonaws.com/k",
    f"https://{'a' * 64}.amazonaws.com/k",
    "https://s3.amazonaws.com:8443/k",
    "https://@s3.amazonaws.com/k",
    "https://user@s3.amazonaws.com/k",
    "https://user:pw@s3.amazonaws.com/k",
    "https://evil.example\\@s3.amazonaws.com/k",
    "https://evil.example#@s3.amazonaws.com/k",
    "https://s3.amazonaws.com/k#fragment",
    "https://s3.amazonaws.com%2eevil.example/k",
    "https://evil.example%2f.amazonaws.com/k",
    "https://s3.amazonaws.com /k",
    "https://s3.amazonaws.com/k\r\nX: y",
    "https://s3.amazonaws.com\t.evil.example/k",
    "https://\uff533.amazonaws.com/k",
    "https://127.0.0.1/k",
    "https://[::1]/k",
    "https://169.254.169.254/latest",
    "http://127.0.0.1:80/k",
    "//s3.amazonaws.com/k",
]


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_leads_elsewhere_is_refused_before_any_socket(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    with pytest.raises(DownloadError) as caught:
        download(lambda: url, tmp_path / "d", clock=ManualClock())
    assert not url or url not in str(caught.value)
    assert not (tmp_path / "d.part").exists()


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "https://s3.cn-north-1.amazonaws.com.cn/k?x=1",
        "https://s3.amazonaws.com:443/k",
        f"https://a-b.{'a' * 63}.amazonaws.com/k",
        "HTTPS://Bucket.S3.AMAZONAWS.COM/k",
    ],
)
def test_amazons_urls_are_allowed(url: str) -> None:
    check_url(url, loopback=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "127.0.0.2", "localhost:8000", "[::1]:8000"]
)
def test_this_machine_is_allowed_only_for_the_simulator(host: str) -> None:
    check_url(f"http://{host}/k?a=b", loopback=True)
    with pytest.raises(DownloadError):
        check_url(f"http://{host}/k?a=b", loopback=False)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "127.0.0.1.evil.example", "127.1", "[::1%25lo]"]
)
def test_the_simulator_does_not_open_other_hosts(host: str) -> None:
    with pytest.raises(DownloadError):
        check_url(f"http://{host}/k", loopback=True)


@given(st.text(max_size=40), st.sampled_from(["@", "/", "\\", "#", "?", "%2e", ":"]))
def test_nothing_before_the_host_gets_through(text: str, mark: str) -> None:
    url = f"https://evil.example{mark}{text}.amazonaws.com/k"
    try:
        check_url(url, loopback=False)
    except DownloadError:
        return
    # urllib3, which connects, must agree that the host is Amazon's
    host = urllib3.util.parse_url(url).host or ""
    assert host.endswith(".amazonaws.com")


def test_a_signed_url_does_not_show_itself() -> None:
    assert "Signature" not in repr(SignedURL(GOOD, 1.0))


def test_netrc_and_cookies_stay_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password CANARY\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent: list[requests.PreparedRequest] = []

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **__: object) -> None:
        sent.append(request)
        raise requests.ConnectionError

    monkeypatch.setattr(HTTPAdapter, "send", send)
    with DocumentHost(loopback=False) as host:
        host.get(SignedURL(GOOD, 0.0), start=5, etag='"v1"')

    assert dict(sent[0].headers) == {
        "User-Agent": "spreports-document-fetcher",
        "Accept-Encoding": "identity",
        "Range": "bytes=5-",
        "If-Match": '"v1"',
    }
    assert sent[0].url == GOOD

"""What a store says is of the moment, or is not."""

from __future__ import annotations

import errno
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from s3fs.errors import translate_boto_error

import spreports as spr
from spreports.errors import SinkError, SinkOutageError
from spreports.load.target import refusals

AT = {"endpoint_url": "http://127.0.0.1:1"}


def answered(status: int, code: str) -> Exception:
    """An answer of S3, as s3fs raises it."""
    told = {
        "Error": {"Code": code, "Message": "words"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    error: Exception = translate_boto_error(ClientError(told, "PutObject"))
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (answered(503, "SlowDown"), True),
        (answered(503, "503"), True),
        (answered(500, "InternalError"), True),
        (answered(429, "TooManyRequests"), True),
        (answered(400, "RequestTimeout"), True),
        (answered(404, "NoSuchUpload"), True),
        (answered(404, "NoSuchBucket"), False),
        (answered(403, "AccessDenied"), False),
        (answered(400, "InvalidArgument"), False),
        (EndpointConnectionError(**AT), True),
        (ConnectionClosedError(**AT), True),
        (ReadTimeoutError(**AT), True),
        (SSLError(**AT, error="certificate"), False),
        (NoCredentialsError(), False),
        (ConnectionResetError(errno.ECONNRESET, "reset"), True),
        (TimeoutError(), True),
        (OSError(errno.ENOSPC, "full"), False),
        (ValueError("503"), False),
    ],
    ids=lambda value: f"{value!r:.60}",
)
def test_what_the_network_and_the_service_do_passes_and_what_is_refused_does_not(
    error: Exception, *, passes: bool
) -> None:
    with (
        pytest.raises(SinkError) as caught,
        refusals("s3://lake/orders", {}, "write to"),
    ):
        raise error

    assert isinstance(caught.value, SinkOutageError) is passes


def test_an_upload_that_is_gone_is_no_bucket_that_is_missing() -> None:
    with (
        pytest.raises(SinkError, match="whether a file has come is not known: run ag"),
        refusals("s3://lake/orders", {}, "write to"),
    ):
        raise answered(404, "NoSuchUpload")


class Elsewhere(BaseHTTPRequestHandler):
    """S3, of a bucket that it has in another region."""

    protocol_version = "HTTP/1.1"
    region = ""

    def do_GET(self) -> None:
        body = b"<Error><Code>PermanentRedirect</Code><Bucket>lake</Bucket></Error>"
        body = b"" if self.command == "HEAD" else body
        self.send_response(301)
        if self.region:
            self.send_header("x-amz-bucket-region", self.region)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the server's name for it

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("region", "said"),
    [
        (
            "eu-west-9",
            "the region eu-west-9: set .*'eu-west-9'",
        ),
        ("", r"another region: set client_kwargs=\{'region_name': '\.\.\.'\}"),
    ],
)
def test_a_bucket_in_another_region_is_told_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str, said: str
) -> None:
    monkeypatch.setattr(Elsewhere, "region", region)
    (tmp_path / "d.txt").write_text("sku\n1\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.block_on_close = False  # s3fs keeps connections
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        options = {"key": "CANARY", "secret": "CANARY", "endpoint_url": url}

        with pytest.raises(SinkError, match=said) as sunk:
            spr.open_document(tmp_path / "d.txt").sink(
                "s3://lake/orders", storage_options=options
            )
        with pytest.raises(spr.SinkError, match=said):
            spr.scan_lake("s3://lake", "orders", storage_options=options)
        with pytest.raises(spr.DocumentError, match=said):
            spr.open_document("s3://lake/d.txt", storage_options=options).read()
        server.shutdown()

    assert not isinstance(sunk.value, SinkOutageError)
    assert "CANARY" not in str(sunk.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", r"access is denied to these credentials$"),
        ("403", r"access is denied to these credentials$"),
        ("ExpiredToken", r"expired: renew it \(ExpiredToken\)$"),
        ("RequestTimeTooSkewed", r"clock .* \(NTP\) \(RequestTimeTooSkewed\)$"),
        ("SignatureDoesNotMatch", r"secret key .* \(SignatureDoesNotMatch\)$"),
        ("InvalidAccessKeyId", r"access key .* \(InvalidAccessKeyId\)$"),
        ("InvalidObjectState", r"archived.* \(InvalidObjectState\)$"),
    ],
)
def test_what_s3_refuses_is_told_by_its_code_and_with_what_to_do(
    code: str, said: str
) -> None:
    with (
        pytest.raises(SinkError, match=said) as caught,
        refusals("s3://lake/orders", {}, "write to"),
    ):
        raise answered(403, code)

    assert not isinstance(caught.value, SinkOutageError)
    assert "words" not in str(caught.value)


class HttpError(Exception):
    """As gcsfs has it. tests/stores has what Azure's server makes of adlfs."""

    def __init__(self, code: int) -> None:
        super().__init__("words")
        self.code = code


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("Forbidden: lake/orders\nwords"), "access is denied to these cr"),
        (HttpError(401), "access is denied to these credentials"),
        (HttpError(404), "there is no such bucket or folder"),
        (HttpError(409), "the store answered with status 409"),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_what_google_refuses_is_told_by_its_status(error: Exception, said: str) -> None:
    with (
        pytest.raises(SinkError, match=f"gs://lake/orders: {said}") as caught,
        refusals("gs://lake/orders", {}, "write to"),
    ):
        raise error

    assert not isinstance(caught.value, SinkOutageError)
    assert "words" not in str(caught.value)

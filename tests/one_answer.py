"""A server on a real socket that gives every connection the same bytes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.connections import accepting

if TYPE_CHECKING:
    import pytest


@contextmanager
def serving(
    answer: bytes, *, tls: ssl.SSLContext | None = None, before: bytes = b""
) -> Iterator[str]:
    """Answer every connection with these bytes, then close it.

    `before` is what a proxy says to CONNECT, in front of TLS.
    """

    def say(connection: socket.socket) -> None:
        if before:
            connection.recv(65536)
            connection.sendall(before)
        with tls.wrap_socket(connection, True) if tls else connection as open_:
            open_.recv(65536)
            open_.sendall(answer)

    with accepting(say) as host:
        yield f"{'https' if tls else 'http'}://{host}"


def unsigned_tls(
    folder: Path, begins: dt.timedelta = dt.timedelta(days=-1)
) -> ssl.SSLContext:
    """Return a server's side of TLS, with a certificate that nobody signed.

    It is in ``server.pem`` of the folder, for who would trust it; it is valid for two
    days from where it `begins`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = [
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.DNSName("sellingpartnerapi-eu.amazon.com"),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + begins)
        .not_valid_after(now + begins + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    return tls


def go_by(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment name a proxy."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

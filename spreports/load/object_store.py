"""fsspec's storage options in the words of the Rust object stores.

A sink takes one set of options, whatever it writes. Delta Lake brings its own client
for S3, Google and Azure, which calls the same things by other names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spreports.errors import SinkError
from spreports.load.urls import shown

__all__ = [
    "delta_options",
    "delta_place",
    "fsspec_options",
    "in_fsspecs_words",
]

_NAMES: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "key": "aws_access_key_id",
        "secret": "aws_secret_access_key",
        "token": "aws_session_token",
        "endpoint_url": "aws_endpoint_url",
        "region_name": "aws_region",
        "anon": "aws_skip_signature",
    },
    "gs": {"token": "google_service_account"},
    "az": {
        "account_name": "azure_storage_account_name",
        "account_key": "azure_storage_account_key",
        "sas_token": "azure_storage_sas_key",
        "tenant_id": "azure_storage_tenant_id",
        "client_id": "azure_storage_client_id",
        "client_secret": "azure_storage_client_secret",
    },
}
_STORES = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "az": "az",
    "abfs": "az",
    "abfss": "az",
}
# Said by those who know the other client already
_OWN = ("aws_", "google_", "azure_", "allow_", "conditional_put", "timeout")
# What Azure's portal gives out, and adlfs takes whole.
# Source: Azure Storage documentation, "Configure Azure Storage connection strings"
_CONNECTION_STRING = "connection_string"
_SUFFIX = "core.windows.net"
_PIECES: Mapping[str, str] = {
    "accountname": "azure_storage_account_name",
    "accountkey": "azure_storage_account_key",
    "blobendpoint": "azure_storage_endpoint",
    "sharedaccesssignature": "azure_storage_sas_key",
}
# Without TLS: a server of one's own
_PLAIN = {
    "aws_endpoint_url": "aws_allow_http",
    "azure_storage_endpoint": "azure_allow_http",
}
# At these deltalake panics, or takes them for something else; some with a log begun
_ODD = r"[\[\]^|\x00-\x1f\x7f-\x9f]|%[0-9A-Fa-f]{2}"
_NOT_IN_PATHS = re.compile(_ODD if os.sep == "\\" else rf"\\|{_ODD}")
# What parsing a URL cuts off, leaves out or resolves; fsspec takes all of it literally.
# Source: WHATWG, URL, "URL parsing"
_NOT_IN_URLS = re.compile(rf"\\|{_ODD}|[#?]|//|/\.\.?(?=/|$)|[^/]* $")
# Of these s3fs takes one only as the client's. Source: s3fs, S3FileSystem
_CLIENTS = {"endpoint_url", "region_name"}
# Sent along with each write, for buckets that insist on it: s3fs has them in a mapping.
# Source: object_store (Rust), AmazonS3ConfigKey; Amazon S3 API, PutObject
_ADDED = "s3_additional_kwargs"
_ADDITIONS: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "ServerSideEncryption": "aws_server_side_encryption",
        "SSEKMSKeyId": "aws_sse_kms_key_id",
        "BucketKeyEnabled": "aws_sse_bucket_key_enabled",
    }
}
_YES_OR_NO = {"anon", "BucketKeyEnabled"}


def delta_place(
    url: str, options: Mapping[str, Any] | None, *, here: bool = True
) -> tuple[str, dict[str, str]]:
    """Return URL and options as Delta Lake wants them.

    Parameters
    ----------
    url : str
    options : mapping or None
    here : bool
        This process opens the table, and needs deltalake.

    Returns
    -------
    tuple of str and dict

    Raises
    ------
    SinkError
        deltalake is not installed, Delta Lake cannot name the place, or as
        `delta_options`.
    """
    if here:
        _check_deltalake(url)
    try:
        return _delta_url(url), delta_options(url, options)
    except ValueError as exc:
        name = shown(url)
        raise SinkError(f"{name}: {exc}", url=name) from None


def _delta_url(url: str) -> str:
    """Return a URL as Delta Lake wants it.

    Parameters
    ----------
    url : str
        A path or an fsspec URL.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Neither a local path nor one of S3, Google and Azure; or one that Delta Lake
        cannot name, or takes for another than fsspec does.
    """
    protocol, mark, rest = url.partition("://")
    if not mark or protocol in {"file", "local"}:
        path = rest if mark else url
        _check_name(_NOT_IN_PATHS.findall(str(Path(path).absolute())), "local path")
        return path
    if protocol not in _STORES:
        raise ValueError(
            f"{protocol}:// cannot hold a Delta table: use a local path, s3://, gs://"
            " or abfs://"
        )
    _check_name(_NOT_IN_URLS.findall(rest.rstrip("/")), "URL")
    return f"gs://{rest}" if protocol == "gcs" else url


def _check_name(odd: Sequence[str], what: str) -> None:
    """Refuse a place that Delta Lake would not find, or would write beside."""
    if odd:
        found = " ".join(repr(each) for each in sorted(set(odd)))
        raise ValueError(
            f"no Delta table can lie at a {what} with {found} in it: choose another"
            " folder"
        )


def delta_options(url: str, options: Mapping[str, Any] | None) -> dict[str, str]:
    """Translate fsspec's storage options.

    Parameters
    ----------
    url : str
    options : mapping or None
        As fsspec takes them (``key``, ``secret``, ``client_kwargs``, and encryption in
        ``s3_additional_kwargs``, ...) or as Delta Lake does (``aws_...``); both may
        stand together.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ValueError
        An option has no counterpart; names it, and never its value.
    """
    store = _STORES.get(url.partition("://")[0], "")
    names = _NAMES.get(store, {})
    flat = dict(options or {})
    connection = flat.pop(_CONNECTION_STRING, None) if store == "az" else None
    found = _pieces(str(connection)) if connection is not None else {}
    for name, value in dict(flat.pop("client_kwargs", None) or {}).items():
        flat.setdefault(name, value)
    if additions := _ADDITIONS.get(store):
        for name, value in dict(flat.pop(_ADDED, None) or {}).items():
            flat.setdefault(additions.get(name, name), value)
    for name, value in flat.items():
        if value is None:
            continue
        if name in names:
            found[names[name]] = _text(value)
        elif name.lower().startswith(_OWN):
            found[name] = _text(value)
        else:
            own = next(iter(names.values()), "aws_access_key_id")
            raise ValueError(
                f"storage_options[{name!r}] means nothing to Delta Lake: use the"
                f" environment, or its own names such as {own}"
            )
    for endpoint, allowed in _PLAIN.items():
        if found.get(endpoint, "").startswith("http://"):
            found.setdefault(allowed, "true")
    return found


def _pieces(connection: str) -> dict[str, str]:
    """Return what a connection string of Azure's says, in Delta Lake's words."""
    pairs = [each.partition("=") for each in connection.split(";")]
    told = {name.strip().lower(): value for name, _, value in pairs}
    account, suffix = told.get("accountname"), told.get("endpointsuffix")
    if account and suffix and suffix != _SUFFIX:  # such as Azure's in China
        told.setdefault("blobendpoint", f"https://{account}.blob.{suffix}")
    if told.get("usedevelopmentstorage", "").lower() == "true":
        return {"azure_storage_use_emulator": "true"}
    if endpoint := told.get("blobendpoint"):
        # One with a shared access signature names its account nowhere else
        host = urlsplit(endpoint).hostname or ""
        told.setdefault("accountname", host.partition(".")[0])
    return {theirs: told[name] for name, theirs in _PIECES.items() if name in told}


def _check_deltalake(url: str) -> None:
    """Refuse a Delta table where the package for it is missing."""
    try:
        import deltalake  # noqa: F401, PLC0415 - heavy, and an extra
    except ImportError:
        name = shown(url)
        msg = f"{name}: format='delta' needs pip install 'spreports[delta]'"
        raise SinkError(msg, url=name) from None


def fsspec_options(url: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a Delta table as fsspec takes them.

    Parameters
    ----------
    url : str
    options : mapping or None
        As for `delta_options`; what only Delta Lake knows is left out.

    Returns
    -------
    dict of str to object
    """
    given = dict(options or {})
    store = _STORES.get(url.partition("://")[0], "")
    additions = _ADDITIONS.get(store, {})
    names = {**_NAMES.get(store, {}), **additions}
    ours = {theirs: name for name, theirs in names.items()}
    inner = dict(given.pop("client_kwargs", None) or {})
    added = dict(given.pop(_ADDED, None) or {})
    found: dict[str, Any] = {}
    for name, value in given.items():
        own = ours.get(name.lower())
        if not name.lower().startswith(_OWN):
            found[name] = value
        elif own is None or own in given or value is None:
            continue
        else:
            where = inner if own in _CLIENTS else added if own in additions else found
            yes = str(value).lower() == "true"
            where.setdefault(own, yes if own in _YES_OR_NO else value)
    nested = {"client_kwargs": inner, _ADDED: added}
    return {**found, **{name: each for name, each in nested.items() if each}}


def in_fsspecs_words(names: Iterable[str]) -> str:
    """Return what to say instead of options that only Delta Lake knows, and polars.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    str
        Such as ``: say 'key' for 'aws_access_key_id'``; empty where there are none.
    """
    every = [*_NAMES.values(), *_ADDITIONS.values()]
    ours = {theirs: name for own in every for name, theirs in own.items()}
    where = dict.fromkeys(_CLIENTS, ", in client_kwargs")
    where |= dict.fromkeys(_ADDITIONS["s3"], f", in {_ADDED}")
    said = [
        f"{ours[name.lower()]!r} for {name!r}{where.get(ours[name.lower()], '')}"
        for name in sorted(names)
        if name.lower() in ours
    ]
    return f": say {', '.join(said)}" if said else ""


def _text(value: object) -> str:
    """Write a value as an option."""
    return str(value).lower() if isinstance(value, bool) else str(value)

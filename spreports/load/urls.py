"""What of a URL may be shown, and which file system it asks for, also in vain."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "EXTRAS",
    "LOCAL",
    "check_place",
    "local_path",
    "missing",
    "protocols",
    "shown",
]

EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "abfs": "azure",
    "abfss": "azure",
    "az": "azure",
}
LOCAL = frozenset({"file", "local"})
_EXAMPLE = {"file": "/data/lake", "local": "/data/lake", "memory": "lake"}
# fsspec takes it for a folder of this machine, where an object store is meant
_TYPO = re.compile(rf"({'|'.join((*EXTRAS, 'http', 'https', 'memory'))}):(?!//|:)/?")
_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(?:://|$)")


def shown(url: str) -> str:
    """Return a URL without user, password and query.

    Azure's container stands where a user would, and stays.

    Parameters
    ----------
    url : str

    Returns
    -------
    str

    Notes
    -----
    Source: Azure Blob File System driver, URI syntax,
    ``abfs[s]://<container>@<account>.dfs.core.windows.net/<path>``.
    """
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    place, slash, path = rest.partition("/")
    user = place.rpartition("@")[0]
    if EXTRAS.get(head) != "azure" or ":" in user:
        place = place.rpartition("@")[2]
    return head + mark + re.split(r"[?#]", place + slash + path)[0]


def check_place(url: object, storage_options: object, name: str = "url") -> None:
    """Refuse what names no place for files.

    Raises
    ------
    ValueError
        An empty name, which would be the working directory; a protocol alone; one
        without its two slashes; a NUL; or bytes that are no UTF-8.
    TypeError
        Neither a string nor a path; or options that are no mapping.
    """
    if not isinstance(url, str | os.PathLike):
        raise TypeError(
            f"{name} is {url!r}: give a path, or a URL such as 's3://bucket/a'"
        )
    if not os.fspath(url):
        raise ValueError(f"{name} is empty: give a path, '.' for the working directory")
    _check_utf8(os.fspath(url), name)
    if "\0" in os.fspath(url):
        raise ValueError(
            f"{name} is {shown(os.fspath(url))!r}: no file's name may hold a NUL"
        )
    protocol, mark, rest = os.fspath(url).partition("://")
    # Without its slashes "s3:" would be a folder of this machine
    if mark and not rest.strip("/") and (not rest or protocol not in LOCAL):
        raise ValueError(
            f"{name} is {os.fspath(url)!r}, a protocol alone: give what is behind it,"
            f" too, such as '{protocol}://{_EXAMPLE.get(protocol, 'bucket/lake')}'"
        )
    typo = _TYPO.match(os.fspath(url))
    if typo is not None and not isinstance(url, os.PathLike):
        raise ValueError(
            f"{name} is {shown(url)!r}: a URL has two slashes, "
            f"'{typo[1]}://{shown(url)[typo.end() :]}'; a folder of this machine would "
            f"be './{shown(url)}'"
        )
    if storage_options is not None and not isinstance(storage_options, Mapping):
        raise TypeError(
            "storage_options must be a mapping, such as {'anon': True}, and not "
            f"{type(storage_options).__name__}"
        )


def _check_utf8(url: str, name: str) -> None:
    """Refuse a path that is no text, as Arrow and polars insist on."""
    places = {name: shown(url)}
    if ":" not in url and url[:1] not in {"/", "~"}:
        places["the working directory"] = str(Path.cwd())
    for what, path in places.items():
        try:
            path.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{what} is {path!r}, which is not UTF-8: rename it, or use another"
            ) from None


def local_path(url: str) -> str | None:
    """Return the path of a local file or folder without asking fsspec.

    fsspec and what it imports take 40 ms.

    Parameters
    ----------
    url : str
        A path or any fsspec URL.

    Returns
    -------
    str or None
        Absolute, as fsspec would have it; None where only fsspec can tell.
    """
    if os.name != "posix" or ":" in url or url[:1] in {"", ".", "~"}:
        return None
    return url if url.startswith("/") else f"{Path.cwd()}/{url}"


def missing(url: str) -> str | None:
    """Say what a URL cannot be opened for, and what to do.

    Parameters
    ----------
    url : str
        A path or any fsspec URL, chained ones too.

    Returns
    -------
    str or None
        None where nothing is missing. No user, password or query is in it.
    """
    if "://" not in url and "::" not in url:
        return None
    from fsspec.registry import get_filesystem_class  # noqa: PLC0415 - see target.py

    for link in url.split("::"):
        found = _PROTOCOL.match(link)
        if found is None:
            continue
        protocol = found[1]
        try:
            get_filesystem_class(protocol)
        except ImportError:
            return f"{shown(url)}: the package for {protocol}:// is missing: " + _fix(
                protocol
            )
        except ValueError:
            extras = ", ".join(
                f"{name}:// (pip install 'spreports[{EXTRAS[name]}]')"
                for name in ("s3", "gs", "abfs")
            )
            return (
                f"{shown(url)}: no file system {protocol}:// is known; known are paths,"
                f" memory://, {extras} and what else fsspec has"
            )
    return None


def protocols(fs: Any) -> frozenset[str]:
    """Return the protocols of an fsspec file system, which may say one or several."""
    named = fs.protocol
    return frozenset({named} if isinstance(named, str) else named)


def _fix(protocol: str) -> str:
    """Say what to install."""
    extra = EXTRAS.get(protocol)
    if extra is not None:
        return f"pip install 'spreports[{extra}]'"
    from fsspec.registry import known_implementations  # noqa: PLC0415 - as above

    return str(known_implementations.get(protocol, {}).get("err", "install it"))

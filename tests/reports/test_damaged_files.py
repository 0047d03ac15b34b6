"""A file whose gzip is damaged is told as that, whatever was read from it first."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import spreports as spr

MANY: Final = range(100_000)  # more than is read at once
ORDERS: Final = "amazon-order-id\tproduct-name\tquantity\n" + "".join(
    f"302-{n}\tHose {n}\t1\n" for n in MANY
)
TERMS: Final = '{{"dataByDepartmentAndSearchTerm": [{}]}}'.format(
    ", ".join(f'{{"searchTerm": "Hose {n}"}}' for n in MANY)
)
TREE: Final = "<Result>{}</Result>".format(
    "".join(f"<Node><browseNodeId>{n}</browseNodeId></Node>" for n in MANY)
)


def damaged(text: str, place: str, byte: bytes) -> bytes:
    """Return gzip in which a byte stands for the last letter of a place."""
    stored = bytearray(gzip.compress(text.encode(), 0, mtime=0))
    end = stored.index(place.encode()) + len(place)
    stored[end - 1 : end] = byte
    return bytes(stored)


NO_CHARSET: Final = damaged(ORDERS, "Hose 4", b"\x81")  # of none that is tried
NO_TAB: Final = damaged(ORDERS, "Hose 49\t", b"I")
NO_NUMBER: Final = damaged(ORDERS, "Hose 49\t1", b"q")
NO_JSON: Final = damaged(TERMS, '"Hose 49"', b"#")
NO_LIST: Final = damaged(TERMS, 'Term":', b"#")
NO_TAG: Final = damaged(TREE, "49</", b"+")

WAYS: Final[dict[str, Callable[[spr.Document, Path], object]]] = {
    "scan": lambda document, _: document.scan(),
    "read": lambda document, _: document.read(),
    "batches": lambda document, _: document.batches().read_all(),
    "fields": lambda document, _: document.fields(),
    "drift": lambda document, _: document.drift(),
    "save": lambda document, folder: document.save(folder / "plain"),
    "sink": lambda document, folder: document.sink(folder / "lake"),
    "delta": lambda document, folder: document.sink(folder / "lake", format="delta"),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "home"))


def opened(folder: Path, stored: bytes, report_type: str = "orders") -> spr.Document:
    path = folder / "document.gz"
    path.write_bytes(stored)
    return spr.open_document(path, report_type=report_type)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_tells_the_damage_and_not_a_charset(
    tmp_path: Path, way: str
) -> None:
    document = opened(tmp_path, NO_CHARSET)

    with pytest.raises(spr.DecompressError, match="corrupt GZIP: checksum") as caught:
        WAYS[way](document, tmp_path)

    assert caught.value.offset == len(NO_CHARSET) - 8
    assert "encoding" not in str(caught.value)
    assert caught.value.__notes__ == ["document document.gz"]


@pytest.mark.parametrize(
    ("stored", "report_type"),
    [
        pytest.param(NO_TAB, "orders", id="cells of a row"),
        pytest.param(NO_NUMBER, "orders", id="type of a cell"),
        pytest.param(NO_JSON, "search_terms", id="JSON"),
        pytest.param(NO_TAG, "browse_tree", id="XML"),
    ],
)
def test_the_damage_comes_before_what_it_makes_of_the_text(
    tmp_path: Path, stored: bytes, report_type: str
) -> None:
    with pytest.raises(spr.DecompressError, match="corrupt GZIP: checksum"):
        opened(tmp_path, stored, report_type).read()


def test_the_damage_comes_before_tables_whose_names_cannot_be_read(
    tmp_path: Path,
) -> None:
    with pytest.raises(spr.DecompressError, match="corrupt GZIP: checksum"):
        _ = opened(tmp_path, NO_LIST, "GET_NEW_DATA").tables


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_sound_bytes_of_another_charset_are_still_told_as_that(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    stored = pack(ORDERS.replace("Hose 4", "Hose \x81").encode("latin-1"))

    with pytest.raises(spr.DecodeError, match="pass encoding="):
        opened(tmp_path, stored).read()


def test_a_file_that_is_gone_meanwhile_hides_nothing(tmp_path: Path) -> None:
    reader = opened(tmp_path, gzip.compress(ORDERS.encode() + b"cut")).batches()
    (tmp_path / "document.gz").unlink()

    with pytest.raises(spr.ParseError, match="data row 100001 has 1 cells"):
        reader.read_all()

"""data/samples: written by the generator, served by the simulator."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from spreports.simulator.samples import FOLDERS, Samples
from spreports.simulator.write_samples import NAMES, main
from tests.simulator.asking import (
    BASE,
    DE,
    FR,
    JP,
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    SHIPPING,
    US,
)
from tests.simulator.conftest import MakeCaller

FOLDER = Path(__file__).parents[2] / "data" / "samples"


def test_the_samples_are_what_the_generator_writes(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    assert main([str(folder)]) == 0

    written = {path.name for path in folder.iterdir()}
    kept = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert written == kept == set(NAMES)
    for name in NAMES:
        here, there = (folder / name).read_bytes(), (FOLDER / name).read_bytes()
        if name.endswith(".gz"):
            # Deflate's choices differ between versions of zlib
            here, there = gzip.decompress(here), gzip.decompress(there)
        assert here == there, f"{name}: write data/samples again"


def test_the_readme_names_every_sample() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert all(f"`{name}`" in readme for name in NAMES)
    assert "synthetic" in readme


def test_the_generator_is_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spreports.simulator.write_samples"]
    root = Path(__file__).parents[2]

    done = subprocess.run(  # noqa: S603  our own module
        [*command, str(tmp_path / "new")], cwd=root, check=False
    )
    assert done.returncode == 0
    assert len(list((tmp_path / "new").iterdir())) == len(NAMES)
    assert main([]) == 2


@pytest.mark.parametrize(
    ("report_type", "place", "name"),
    [
        (ORDERS, DE, "orders_DE.txt"),
        (ORDERS, FR, "orders_FR.txt.gz"),
        (ORDERS, US, "orders_DE.txt"),
        (LISTINGS, JP, "listings_JP.txt"),
        (LISTINGS, US, "listings_US.txt"),
    ],
)
@pytest.mark.parametrize("folder", [True, FOLDER])
def test_a_simulator_serves_the_samples_as_they_are(
    calling: MakeCaller, report_type: str, place: str, name: str, folder: bool | Path
) -> None:
    caller = calling(samples=folder)
    report = caller.finished(report_type, [place])
    shown = caller.document(report["reportDocumentId"]).json()
    answer = caller.session.get(shown["url"])

    assert answer.content == (FOLDER / name).read_bytes()
    assert ("compressionAlgorithm" in shown) == name.endswith(".gz")
    charset = {JP: "Windows-31J", US: "Cp1252"}.get(place, "UTF-8")
    if report_type == LISTINGS:
        assert answer.headers["Content-Type"] == f"text/plain;charset={charset}"


def test_settlements_and_restricted_samples_are_served_too(calling: MakeCaller) -> None:
    caller = calling(samples=True)
    params = {"reportTypes": SETTLEMENT}
    found = caller.call("GET", f"{BASE}/reports", params=params).json()["reports"]
    sizes = []
    for report in found:
        url = caller.document(report["reportDocumentId"]).json()["url"]
        answer = caller.session.get(url)
        assert answer.headers["Content-Type"] == "text/plain"
        sizes.append(len(answer.content))
    names = ("settlement_US.txt.gz", "settlement_DE.txt")
    assert sizes == [(FOLDER / name).stat().st_size for name in names]

    document_id = caller.finished(SHIPPING, [US])["reportDocumentId"]
    assert caller.document(document_id).status_code == 403


def test_a_folder_without_samples_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orders_XX.txt").touch()

    with pytest.raises(ValueError, match="no sample in"):
        Samples(tmp_path)
    assert FOLDERS[1] == FOLDER

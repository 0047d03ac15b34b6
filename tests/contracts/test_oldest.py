"""The versions that `make oldest` tests with are the lower bounds that are declared."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Not ours to bound: what s3fs and moto bring has to go with botocore
BROUGHT = {"aiobotocore", "boto3"}


def test_the_oldest_versions_are_tested_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    ours = [*project["dependencies"]]
    for name in ("fast", "s3", "gcs", "azure", "delta", "cli", "sqs", "xlsx"):
        ours += extras[name]
    declared = dict(each.split(">=") for each in ours)
    lines = (ROOT / "tests" / "oldest.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))

    assert set(pinned) >= BROUGHT
    pinned = {n: v for n, v in pinned.items() if n not in BROUGHT}
    assert pinned == declared
    for each in [*extras["test"], *extras["stores"]]:
        name, version = re.sub(r"\[.*\]", "", each).split(">=")
        assert declared.get(name, version) == version

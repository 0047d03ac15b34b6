"""Polars in forked children: refused after its use in the parent, and never waited for.

In fresh interpreters, where nothing has used polars.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
import spreports as spr

folder, used = sys.argv[1], sys.argv[2] == "used"
document = spr.open_document(folder + "/document.txt", report_type="orders")
document.sink(folder + "/lake")
spr.Lake(folder + "/lake").check()
if used:
    assert document.read().height == 300
pid = os.fork()
if pid:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
signal.alarm(15)
for use in (
    lambda: document.read().height,
    lambda: document.scan().collect().height,
    lambda: spr.scan_lake(folder + "/lake", "orders").collect().height,
    lambda: sum(batch.num_rows for batch in document.batches()),
    lambda: document.sink(folder + "/other").rows,
):
    try:
        print(use(), flush=True)
    except spr.ConfigError as exc:
        print("spawn" in str(exc) and "ConfigError", flush=True)
os._exit(0)
"""
DOCUMENT = (
    "amazon-order-id\tpurchase-date\titem-price\tquantity\n"
    + "1\t2026-10-05T01:02:03+00:00\t1.50\t2\n" * 300
)


def answers_of_a_child(folder: Path, parent: str) -> list[str]:
    (folder / "document.txt").write_text(DOCUMENT)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", SCRIPT, str(folder), parent],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def test_a_child_of_a_process_that_used_polars_is_told_so_at_once(
    tmp_path: Path,
) -> None:
    frames, files = ["ConfigError"] * 3, ["300"] * 2
    assert answers_of_a_child(tmp_path, "used") == frames + files


def test_a_child_may_be_the_first_to_use_polars(tmp_path: Path) -> None:
    assert answers_of_a_child(tmp_path, "unused") == ["300"] * 5

"""A forked child ends with its copy of a simulator; the parent's goes on."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import spreports as spr
from spreports.simulator import Simulator
from tests.forking import in_child

FORKED = """
import os, sys
from spreports.simulator import Simulator

simulator = Simulator().start()
if not os.fork():
    sys.exit()
os.wait()
print(*os.listdir(os.environ["TMPDIR"]))
simulator.close()
"""


def asked(host: http.client.HTTPConnection) -> int:
    host.request("GET", "/reports/2021-06-30/reports/1")
    answer = host.getresponse()
    answer.read()
    return answer.status


def test_a_child_that_closes_its_client_leaves_the_parent_its_simulator() -> None:
    with spr.connect("simulator") as client:
        listed = client.existing("settlement", since="60d")
        first, second = (report.report_document_id for report in listed)
        assert client.document(str(first), report_type="settlement").read().height
        home = client._connection.store.home

        assert in_child(client.close) == "None"
        assert in_child(client.close) == "None"

        assert home.exists()
        assert client.document(str(first), report_type="settlement").read().height
        assert client.document(str(second), report_type="settlement").read().height
    assert not home.exists()


def test_a_child_may_use_its_parents_simulator_before_it_closes_its_client() -> None:
    with spr.connect("simulator") as client:
        first, _ = client.existing("settlement", since="60d")
        document = client.document(
            str(first.report_document_id), report_type="settlement"
        )

        def work() -> int:
            with client:
                return len(document.batches().read_all())

        rows = in_child(work)
        assert rows == str(document.batches().read_all().num_rows)


def test_a_child_breaks_no_connection_of_its_parents() -> None:
    with Simulator() as simulator:
        place = urlsplit(simulator.endpoint)
        host = http.client.HTTPConnection(str(place.hostname), place.port)
        assert asked(host) == 403
        kept = host.sock

        assert in_child(simulator.close) == "None"

        assert asked(host) == 403
        assert host.sock is kept
        host.close()


def test_a_child_that_goes_without_a_word_leaves_the_documents(tmp_path: Path) -> None:
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore", "-c", FORKED],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.startswith("spreports-simulator-")
    assert list(tmp_path.iterdir()) == []

"""One document is one unit of work: the same rows wherever it runs."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from tests.reports.conftest import calls


def lake(folder: Path) -> pl.DataFrame:
    frame = pl.scan_parquet(f"{folder}/**/*.parquet", hive_partitioning=True)
    return frame.collect().sort("amazon-order-id", "sku", "purchase-date")


def processes() -> Executor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(2, mp_context=context)


@pytest.mark.slow
@pytest.mark.parametrize("pool", [processes, lambda: ThreadPoolExecutor(2)])
def test_an_executor_writes_what_this_process_would(
    client: spr.Client, tmp_path: Path, pool: type[Executor]
) -> None:
    reports = client.reports("orders", start="90d", marketplaces=["DE", "FR"]).wait()

    with pool() as executor:
        spread = reports.sink(
            tmp_path / "there", partition_by=["sales-channel"], executor=executor
        )
    here = reports.sink(tmp_path / "here", partition_by=["sales-channel"])

    assert (spread.rows, spread.files) == (here.rows, here.files)
    assert lake(tmp_path / "there").equals(lake(tmp_path / "here"))


def test_workers_get_no_credentials(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    class Watched(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            sent.append(pickle.dumps((fn, args, kwargs)))
            return super().submit(fn, *args, **kwargs)

    sent: list[bytes] = []
    reports = client.reports("orders", start="7d", marketplaces=["DE"])

    with Watched(1) as executor:
        assert reports.sink(tmp_path, executor=executor).rows > 0

    assert any(b"http" in each for each in sent)  # the presigned URL
    for secret in (
        simulator.credentials.refresh_token,
        simulator.credentials.client_id,
        simulator.credentials.client_secret,
    ):
        assert not any(secret.encode() in each for each in sent)


def test_a_url_that_ran_out_before_a_worker_came_is_issued_anew(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    simulator.faults.add(Fault(operation="document", kind="expire"))
    reports = client.reports("orders", start="7d", marketplaces=["DE"])

    with ThreadPoolExecutor(1) as executor:
        result = reports.sink(tmp_path, executor=executor)

    assert result.rows == 200
    assert calls(simulator, "getReportDocument") == 2


@pytest.mark.parametrize("in_memory", [False, True])
def test_an_executor_that_breaks_is_an_error_of_ours_and_spends_no_quota(
    simulator: Simulator, client: spr.Client, tmp_path: Path, *, in_memory: bool
) -> None:
    reports = client.reports("orders", start="90d", marketplaces=["DE"]).wait()
    place = "memory://broken/lake" if in_memory else str(tmp_path)

    with ThreadPoolExecutor(1, initializer=divmod, initargs=(1, 0)) as executor:
        assert isinstance(executor.submit(abs, 1).exception(), BrokenExecutor)
        with pytest.raises(spr.DocumentError, match="run again with a new") as caught:
            reports.sink(place, executor=executor)

    assert f"{len(reports) - 1} more failed" in "".join(caught.value.__notes__)
    assert calls(simulator, "getReportDocument") == 1


@pytest.mark.parametrize(
    ("url", "options", "told"),
    [
        ("s3://bucket/la#ke", None, "'#' in it"),
        ("ftp://host/lake", None, "cannot hold a Delta table"),
        ("s3://bucket/lake", {"novel": 1}, "novel"),
    ],
)
def test_a_place_of_no_delta_table_is_told_before_workers_or_amazon_are_asked(
    simulator: Simulator,
    client: spr.Client,
    url: str,
    options: dict[str, int] | None,
    told: str,
) -> None:
    reports = client.reports("orders", start="1d", marketplaces=["DE"])

    with ThreadPoolExecutor(1) as pool, pytest.raises(spr.SinkError, match=told):
        reports.sink(url, format="delta", storage_options=options, executor=pool)

    assert calls(simulator, "createReport") == 0


class Closing(ThreadPoolExecutor):
    """An executor that is shut down as soon as it has taken two documents."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.taken = getattr(self, "taken", 0) + bool(args)
        if self.taken == 2:
            self.shutdown(wait=False)
        return future


def test_an_executor_that_is_shut_down_meanwhile_is_an_error_of_ours(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    reports = client.reports("orders", start="90d", marketplaces=["DE", "FR"]).wait()

    with Closing(1) as executor, pytest.raises(spr.DocumentError, match="shut down"):
        reports.sink(tmp_path / "lake", executor=executor)

    assert calls(simulator, "getReportDocument") == 3
    assert reports.sink(tmp_path / "lake").rows > 0


class Falling(ThreadPoolExecutor):
    """An executor whose second document comes to nothing, in one of three ways."""

    def __init__(self, how: str) -> None:
        super().__init__(1)
        self.how = how
        self.taken = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.taken += bool(args)
        if self.taken != 2:
            return super().submit(fn, *args, **kwargs)
        if self.how == "refuses":
            raise TypeError("cannot pickle what-is-secret")
        future: Future[Any] = Future()
        if self.how == "cancels":
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(TypeError("cannot pickle what-is-secret"))
        return future


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("cancels", "CancelledError"),
        ("fails", "TypeError"),
        ("refuses", "TypeError"),
    ],
)
def test_work_that_an_executor_drops_is_an_error_of_ours_and_the_rest_lands(
    client: spr.Client, tmp_path: Path, how: str, kind: str
) -> None:
    reports = client.reports("orders", start="90d", marketplaces=["DE", "FR"]).wait()

    with Falling(how) as executor, pytest.raises(spr.SinkError) as caught:
        reports.sink(tmp_path, executor=executor)

    assert kind in str(caught.value)
    assert "secret" not in str(caught.value)
    others = len(reports) - 1
    assert f"{others} other reports were written" in "".join(caught.value.__notes__)
    assert len(list(tmp_path.rglob("*.parquet"))) == others


class Elsewhere(Executor):
    """Hands on to another executor, as those of a cluster do."""

    def __init__(self, other: Executor) -> None:
        self._other = other

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._other.submit(fn, *args, **kwargs)


def test_a_memory_that_workers_do_not_share_is_refused_before_anything_is_asked(
    simulator: Simulator, client: spr.Client
) -> None:
    reports = client.reports("orders", start="7d", marketplaces=["DE"])

    with ProcessPoolExecutor(1) as processes:
        for executor in (processes, Elsewhere(processes)):
            with pytest.raises(ValueError, match="other processes: each would write"):
                reports.sink("memory://of-workers", executor=executor)

    assert simulator.requests == []
    with ThreadPoolExecutor(1) as threads:
        written = reports.sink("memory://of-threads", executor=threads)
    frame = spr.scan_lake("memory://of-threads", "orders").collect()
    assert frame.height == written.rows > 0


def test_a_worker_that_fails_is_an_error_of_ours(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    target = tmp_path / "a-file"
    target.write_text("in the way")
    reports = client.reports("orders", start="7d", marketplaces=["DE"])

    with ThreadPoolExecutor(1) as executor, pytest.raises(spr.SinkError) as failed:
        reports.sink(target, executor=executor)

    assert target.read_text() == "in the way"
    (report,) = reports.wait()
    (note,) = failed.value.__notes__
    assert note.startswith(
        f"report {report.report_id} of GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_"
    )

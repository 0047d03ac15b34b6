"""The doctor names what is wrong, says what to do, and never shows a secret."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.checkup.account import AREAS, check_account
from spreports.cli import main
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock

SECRETS = ("canary-refresh", "canary-secret")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Our own clock, which the doctor looks at."""
    ours = ManualClock(NOW)
    monkeypatch.setattr("spreports.checkup.checkup.SystemClock", lambda: ours)
    return ours


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


def use(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let the environment name a simulator."""
    monkeypatch.setenv("SPREPORTS_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("SPREPORTS_TOKEN_URL", simulator.token_url)
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", "canary-refresh")
    monkeypatch.setenv("LWA_CLIENT_ID", "app")
    monkeypatch.setenv("LWA_CLIENT_SECRET", "canary-secret")
    monkeypatch.setenv("SPREPORTS_HOME", str(home))


@pytest.fixture
def home(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    place = tmp_path / "store"
    use(simulator, monkeypatch, place)
    return place


def found(*, offline: bool = False) -> dict[str, spr.Finding]:
    findings = spr.check_setup(offline=offline)
    assert not [s for s in SECRETS for f in findings if s in str(f)]
    return {finding.check: finding for finding in findings}


def test_all_is_well_in_two_calls(home: Path, simulator: Simulator) -> None:
    findings = found()

    assert not [f for f in findings.values() if f.status in {"failed", "warning"}]
    assert findings["credentials"].message.startswith("all three are set, from the env")
    for check in ("login", "clock", "region", "role for orders", "store"):
        assert findings[check].status == "ok"
    asked = [r.operation for r in simulator.requests]
    assert asked == ["token", "getReports", "getReports"]
    assert main(["doctor"]) == 0


def test_a_role_that_is_missing_is_found_area_by_area(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = [AREAS["vendors"], AREAS["brand analytics"]]
    with Simulator(clock=clock, no_role_for=missing) as simulator:
        use(simulator, monkeypatch, tmp_path)
        findings = found()

    assert findings["region"].status == "ok"
    assert findings["role for orders"].status == "ok"
    assert findings["role for vendors"].status == "warning"
    assert findings["role for brand analytics"].status == "warning"
    assert "role" in str(findings["role for vendors"].advice)


def test_the_right_to_personal_data_is_tried_where_there_is_a_document(
    home: Path, simulator: Simulator
) -> None:
    assert found()["restricted data"].status == "skipped"

    report_type = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
    simulator.place_report(report_type, ["DE"], NOW, NOW)
    assert found()["restricted data"].status == "ok"

    simulator.faults.add(
        Fault(operation="createRestrictedDataToken", kind="status", status=403)
    )
    assert found()["restricted data"].status == "warning"
    assert not [r for r in simulator.requests if r.operation == "getReportDocument"]


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client"])
def test_a_refused_login_is_exit_4_in_words(
    home: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Simulator(clock=clock, strict_credentials=True) as strict:
        use(strict, monkeypatch, home)
        if code == "invalid_grant":
            monkeypatch.setenv("LWA_CLIENT_ID", strict.client_id)
            monkeypatch.setenv("LWA_CLIENT_SECRET", strict.client_secret)

        assert main(["doctor", "--json"]) == 4

    shown = capsys.readouterr().out
    login = next(
        f for f in map(json.loads, shown.splitlines()) if f["check"] == "login"
    )
    assert login["status"] == "failed"
    assert code in login["message"]
    assert not [secret for secret in SECRETS if secret in shown]


def test_403_everywhere_is_the_wrong_region_or_no_role(
    home: Path, simulator: Simulator
) -> None:
    simulator.faults.add(
        Fault(
            operation="getReports",
            kind="status",
            status=403,
            code="Unauthorized",
            message="Access to requested resource is denied.",
            times=0,
        )
    )

    findings = found()

    assert findings["login"].status == "ok"
    assert findings["region"].status == "failed"
    assert "SPREPORTS_REGION" in str(findings["region"].advice)
    assert main(["doctor"]) in {4, 5}  # quota may be used up by the first look


@pytest.mark.parametrize(
    ("seconds", "status"), [(10, "ok"), (-90, "warning"), (400, "failed")]
)
def test_a_clock_that_is_off_is_seen(
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    seconds: int,
    status: str,
) -> None:
    theirs = ManualClock(NOW - timedelta(seconds=seconds))
    with Simulator(clock=theirs) as simulator:
        use(simulator, monkeypatch, tmp_path)
        finding = found()["clock"]

    assert finding.status == status
    if status != "ok":
        assert f"{abs(seconds)} s" in finding.message
        assert ("ahead" if seconds > 0 else "behind") in finding.message
        assert "simulate --speed 1" in str(finding.advice)


def test_nobody_there_is_exit_5(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPREPORTS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("SPREPORTS_TOKEN_URL", "http://127.0.0.1:9/token")

    assert main(["doctor"]) == 5

    assert "refused" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("operation", "check", "told"),
    [
        ("getReports", "region", "quota is used up"),
        ("token", "login", "the login's own quota is used up"),
    ],
)
def test_a_quota_that_is_used_up_is_said_and_not_waited_for(
    home: Path,
    simulator: Simulator,
    clock: ManualClock,
    *,
    operation: str,
    check: str,
    told: str,
) -> None:
    simulator.faults.add(Fault(operation=operation, kind="status", status=429, times=0))
    began = clock.now()

    finding = found()[check]

    assert finding.status == "failed"
    assert finding.cause == "network"
    assert str(finding.advice).startswith(told)
    assert clock.now() - began < timedelta(minutes=1)


def test_no_credentials_are_exit_4_and_the_rest_is_checked_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LWA_CLIENT_SECRET")

    findings = found()

    assert findings["credentials"].status == "failed"
    assert "LWA_CLIENT_SECRET" in findings["credentials"].message
    assert "login" not in findings
    assert findings["store"].status == "ok"
    assert main(["doctor"]) == 4


def test_offline_makes_no_call(home: Path, simulator: Simulator) -> None:
    findings = found(offline=True)

    assert findings["credentials"].status == "ok"
    assert findings["login"].status == "skipped"
    assert simulator.requests == []
    assert main(["doctor", "--offline"]) == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [("SPREPORTS_REGION", "xx"), ("SPREPORTS_ENDPOINT", "https")],
)
def test_offline_a_setting_that_no_client_could_be_made_with_is_found(
    home: Path,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    told: str,
) -> None:
    monkeypatch.setenv(name, "xx")

    findings = found(offline=True)

    assert findings["region"].status == "failed"
    assert told in findings["region"].message
    assert "login" not in findings
    with pytest.raises(spr.ConfigError) as caught:
        spr.connect()
    assert str(caught.value) == findings["region"].message
    assert main(["doctor", "--offline"]) == 4
    assert simulator.requests == []


def test_own_report_types_that_cannot_be_read_are_no_matter_of_credentials(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    monkeypatch.setenv("SPREPORTS_CATALOGUE", str(own))
    own.write_text('report_type = "GET_X"\ncolour = "red"\n')

    findings = found(offline=True)

    assert findings["credentials"].status == "ok"
    told = findings["catalogue"]
    assert (told.status, told.cause) == ("failed", "setup")
    assert f"file {own}, key 'colour'" in told.message
    assert main(["doctor", "--offline"]) == 1
    assert main(["doctor", "--offline", "--simulator"]) == 1

    own.write_text('report_type = "GET_X"\nformat = "tsv"\n')
    told = found(offline=True)["catalogue"]
    assert (told.status, told.message) == ("ok", "read of SPREPORTS_CATALOGUE: GET_X")


def test_an_account_that_has_a_name_is_told_by_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(offline=True)["credentials"].message.endswith("(a fingerprint)")
    monkeypatch.setenv("SPREPORTS_ACCOUNT", "shop_de")
    told = found(offline=True)["credentials"].message
    assert told.endswith("account shop_de (by its name)")


@pytest.mark.parametrize("target", [None, "simulator"])
def test_a_home_that_is_no_path_is_refused_as_connect_refuses_it(
    target: str | None,
) -> None:
    with pytest.raises(TypeError, match="home= must be a path, and not int"):
        spr.check_setup(target, home=5, offline=True)  # type: ignore[arg-type]  # wrong on purpose


def test_a_profile_is_named_as_the_source(
    home: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "spreports" / "profiles.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[shop]\nrefresh_token = "canary-refresh"\nclient_id = "c"\n'
        'client_secret = "canary-secret"\n'
    )
    config.chmod(0o600)
    (finding, *_) = spr.check_setup(profile="shop", offline=True)
    assert "profile 'shop'" in finding.message

    config.chmod(0o644)
    (finding, *_) = spr.check_setup(profile="shop", offline=True)
    assert finding.status == "failed"
    assert "chmod 600" in finding.message


def test_a_store_that_cannot_be_written_is_exit_1(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("a file where the folder should be")

    findings = found()

    assert findings["login"].status == "ok"
    assert findings["store"].status == "failed"
    assert "SPREPORTS_HOME" in str(findings["store"].advice)
    assert main(["doctor"]) == 1


@pytest.mark.parametrize("name", ["ledger.sqlite", "quota.sqlite"])
def test_a_corrupt_sqlite_file_is_named_with_what_to_do(home: Path, name: str) -> None:
    home.mkdir(mode=0o700)
    (home / name).write_bytes(b"this is no database, whatever its name says " * 50)

    finding = found(offline=True)[name]

    assert finding.status == "failed"
    assert finding.cause == "setup"
    assert finding.advice is not None
    assert main(["doctor", "--offline"]) == 1


def test_sound_sqlite_files_are_left_as_they_are(
    home: Path, simulator: Simulator
) -> None:
    spr.connect().close()
    with closing(sqlite3.connect(home / "ledger.sqlite")) as other:
        before = other.execute("PRAGMA data_version")
        findings = found(offline=True)

        assert findings["ledger.sqlite"].status == "ok"
        assert findings["quota.sqlite"].status == "ok"
        assert before.fetchone() is not None


def test_a_store_that_others_may_read_is_a_warning(home: Path) -> None:
    home.mkdir()
    home.chmod(0o755)

    finding = found(offline=True)["file modes"]

    assert finding.status == "warning"
    assert "chmod" in str(finding.advice)


def test_extras_are_told_with_versions_or_with_what_installs_them(home: Path) -> None:
    findings = found(offline=True)

    extras = {c: f for c, f in findings.items() if c.startswith("extra ")}
    assert "extra fast" in extras
    assert all(f.status in {"ok", "skipped"} for f in extras.values())
    for check, finding in extras.items():
        if finding.status == "skipped":
            assert f"spreports[{check.removeprefix('extra ')}]" in str(finding.advice)


def test_an_extra_that_cannot_be_loaded_is_told_with_what_follows(
    home: Path, refused_library: str
) -> None:
    finding = found(offline=True)["extra fast"]

    assert finding.status == "warning"
    assert "isal" in finding.message
    assert f"wasmtime cannot be loaded here: {refused_library}" in finding.message
    assert "more slowly, to the same values" in str(finding.advice)


def test_the_simulator_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--simulator"]) == 0

    assert "ok       login" in capsys.readouterr().out


def test_a_region_that_is_not_said_is_looked_for() -> None:
    class Api:
        clock_skew = 0.0

        def __init__(self, *, knows: bool) -> None:
            self.knows, self.asked = knows, 0

        def get_reports(self, **_: object) -> object:
            self.asked += 1
            if not self.knows:
                raise spr.ForbiddenError("403", operation="getReports")
            return spr.ReportPage(reports=())

    apis = {"na": Api(knows=False), "eu": Api(knows=True), "fe": Api(knows=False)}
    findings = {f.check: f for f in check_account(apis)}  # type: ignore[arg-type] # what a check asks of an API

    assert findings["region"].message == "eu knows this seller"
    assert [api.asked for api in apis.values()] == [1, 2, 0]

"""What commands find in their environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from spreports.simulator import Simulator


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Simulator:
    """A simulator that commands find through the environment."""
    # Hurried, but nothing runs out within a second of the machine's time
    simulator = Simulator(
        speed=600.0,
        usage_plans=False,
        url_lifetime=1e6,
        token_lifetime=1e6,
        accounts=True,
    )
    simulator.start()
    made_up = simulator.credentials
    monkeypatch.setenv("SPREPORTS_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("SPREPORTS_TOKEN_URL", simulator.token_url)
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", made_up.refresh_token)
    monkeypatch.setenv("LWA_CLIENT_ID", made_up.client_id)
    monkeypatch.setenv("LWA_CLIENT_SECRET", made_up.client_secret)
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "store"))
    monkeypatch.setattr("spreports.client.client.SystemClock", lambda: simulator.clock)
    return simulator

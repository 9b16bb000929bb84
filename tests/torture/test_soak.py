"""A small soak; `soak.py` makes one of 50,000 files. A long name makes paths of sockets too long."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import soak

pytestmark = pytest.mark.world


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_scan_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "TIMEOUT_S", 3)
    monkeypatch.setattr(soak, "WORKER_KILL_S", 0.5)
    done = soak.run(tmp_path, files=200, seed=23, kills=3)
    assert done.findings == []
    assert done.counts["kills of the parent"] == 3
    assert done.counts["kills of workers"] > 0
    assert done.counts["healthy: analysed by the rows"] == done.counts["healthy"] > 150
    assert len(soak.FAULTS) == 30

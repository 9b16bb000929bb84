"""Programs timed side by side: what is counted, and what follows from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import conversation
import numpy as np
import pytest
import soundfile
import versus

pytestmark = pytest.mark.contract

BENCHMARKS = Path(__file__).resolve().parents[2] / "lab/measure"
SLOW = """
import sys, time
sys.path.insert(0, {folder!r})
from lines import serve
def estimate(path):
    if path.endswith(".flac"):
        raise OSError("no FLAC here")
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return {{}}
serve(lambda: "slow 1.0", estimate)
"""


@pytest.fixture
def opponent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program that burns .1 s a file and reads no FLAC."""
    program = tmp_path / "with_slow.py"
    program.write_text(SLOW.format(folder=str(BENCHMARKS / "comparators")), encoding="utf-8")
    monkeypatch.setattr(conversation, "PROGRAMS", tmp_path)
    return "slow"


def test_the_same_files_in_the_same_run(opponent: str, tmp_path: Path) -> None:
    tone = np.sin(np.arange(22050) * 0.05).astype(np.float32)
    files = {suffix: tmp_path / f"tone.{suffix}" for suffix in ("wav", "flac")}
    for path in files.values():
        soundfile.write(path, tone, 22050)
    result: dict[str, Any] = versus.versus(files, [opponent, "absent"], {}, repeat=2)
    assert result["versions"] == {"slow": "slow 1.0", "absent": "not installed"}
    assert result["wav"]["slow_cpu_s"] == pytest.approx(0.1, abs=0.03)
    quotient = result["wav"]["map4_cpu_s"] / result["wav"]["slow_cpu_s"]
    assert result["wav"]["map4_by_slow"] == pytest.approx(quotient, rel=0.5)
    # What it could not read is told as unknown, not as fast.
    assert (result["flac"]["slow_cpu_s"], result["flac"]["map4_by_slow"]) == (None, None)
    assert "absent_cpu_s" not in result["wav"]


def test_a_missing_interpreter_is_a_missing_program() -> None:
    assert conversation.version_of("bliss", {"bliss": "/nowhere/python"}) is None
    assert conversation.command_of("bliss", {})[0] == sys.executable


def test_rates_are_measured_where_they_can_be_and_projected_elsewhere() -> None:
    measured = {
        "tracks": 24, "tracks_per_minute_1": 100.0, "tracks_per_minute_2": 130.0, "cpu_2_by_1": 1.0,
        "cpu_s_per_track_1": 0.4, "cpu_s_per_track_2": 0.5,
    }  # fmt: skip
    table = versus.rates(measured)
    one, four, eight, thousand, ten_thousand = table.values()
    assert one == {"wanted": 60.0, "reached": 100.0, "basis": "measured", "by_cpu": 120.0}
    assert four == {"wanted": 240.0, "reached": 260.0, "basis": "projected from 2 workers", "by_cpu": 480.0}
    assert (eight["reached"], eight["by_cpu"]) == (520.0, 960.0)
    assert (thousand["wanted"], ten_thousand["wanted"]) == (200.0, 333.3)
    four = versus.rates({**measured, "tracks_per_minute_4": 200.0, "cpu_s_per_track_4": 0.6})[
        "240 tracks a minute, four cores"
    ]
    assert four == {"wanted": 240.0, "reached": 200.0, "basis": "measured", "by_cpu": 400.0}

"""The benchmark of upscaled files, over one short piece."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import upscaled


@pytest.mark.slow
def test_a_piece_goes_through_every_form(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((5 * 44_100, 2)) * 0.05
    soundfile.write(tmp_path / "noise.flac", noise, 44_100, subtype="PCM_16")
    upscaled.main([str(tmp_path), "--demo", "0", "--dance", "0", "--seconds", "4", "--json", str(tmp_path / "x.json")])
    results = json.loads((tmp_path / "x.json").read_text())["results"]
    told = {form: counts["told_with_highs"] for form, counts in results.items()}
    assert {form for form, count in told.items() if count} == {f"{a} -> {b}" for a, b in upscaled.TWICE}
    assert all(counts["files"] == counts["with_highs"] == 1 for counts in results.values())


def test_music_without_highs_is_counted_apart() -> None:
    tone = np.sin(2 * np.pi * 440.0 * np.arange(44_100) / 44_100)[:, np.newaxis].astype(np.float32)
    hiss = 0.02 * np.random.default_rng(0).standard_normal((44_100, 1)).astype(np.float32)
    assert not upscaled.Piece("tone", tone, 44_100).has_highs
    assert upscaled.Piece("hiss", hiss, 44_100).has_highs

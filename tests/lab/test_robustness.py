"""The same music stored in other ways: what counts as the same answer, and a run over one short piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import robustness
from manifest import Song
from tables import markdown
from variants import VARIANTS

SAME: dict[str, Any] = {
    "bpm": 120.0, "bpm_confidence": 0.95, "key": "8A", "key_confidence": 0.95, "grid": [0.25, 120.0],
    "hamms": [0.5] * 11 + [None],
}  # fmt: skip


def passes(delay_s: float = 0.0, **other: Any) -> dict[str, bool]:
    result: dict[str, bool] = robustness.compare(SAME, {**SAME, **other}, delay_s)["passes"]
    return result


def test_limits_of_the_same_answer() -> None:
    assert all(passes().values())
    assert passes(bpm=120.02)["bpm"]
    assert not passes(bpm=120.03)["bpm"]
    assert not passes(bpm=None)["bpm"]
    assert not passes(key="9A")["key"]
    assert passes(hamms=[0.53] + [0.5] * 10 + [None])["hamms"]
    assert not passes(hamms=[0.535] + [0.5] * 10 + [None])["hamms"]
    assert not passes(hamms=[0.5] * 12)["hamms"]  # known of one alone
    assert not passes(hamms=None)["hamms"]


def test_a_grid_moves_with_the_music() -> None:
    assert passes(delay_s=0.1, grid=[0.35, 120.0])["grid"]
    assert not passes(delay_s=0.1, grid=[0.25, 120.0])["grid"]
    assert passes(grid=[1.26, 120.0])["grid"]  # two beats later and 10 ms off
    assert not passes(grid=[0.27, 120.0])["grid"]
    assert not passes(grid=None)["grid"]


def test_the_largest_change_names_its_element() -> None:
    result = robustness.compare(SAME, {**SAME, "hamms": [0.5, 0.5, 0.58] + [0.5] * 8 + [None]}, 0.0)
    assert (result["element"], result["hamms_change"]) == (3, pytest.approx(0.08))


def test_pieces_are_drawn_evenly_and_always_the_same() -> None:
    songs = [
        Song(name=f"{source}{index}", path=Path("x"), sha1=str(9 - index), source=source, genre="", bpm=None,
             is_level_certain=True, key=None, beats_s=(), is_taught=False)
        for source, count in (("big", 8), ("small", 1))
        for index in range(count)
    ]  # fmt: skip
    drawn = robustness.pieces(songs, 10)
    assert len([piece for piece in drawn if piece.kind == "demo"]) == 3
    assert [piece.name for piece in drawn if piece.kind != "demo"] == [
        "big7", "small0", "big6", "big5", "big4", "big3", "big2",
    ]  # fmt: skip


@pytest.mark.world
def test_every_variant_of_a_piece_is_analysed_once_and_compared(tmp_path: Path) -> None:
    rate_hz = 44100
    t = np.arange(6 * rate_hz) / rate_hz
    chord = 0.1 * sum(np.sin(2 * np.pi * f * t) for f in (220.0, 261.63, 329.63, 440.0))
    click = 0.4 * np.sin(2 * np.pi * 900 * (t % 0.5)) * np.exp(-(t % 0.5) * 80)
    y = np.stack([chord + click, chord + 0.9 * click], axis=1).astype(np.float32)
    told: list[str] = []
    piece = robustness.Piece(name="clicks", kind="demo", samples=lambda: (y, rate_hz))
    analysed = robustness.analyse([piece], tmp_path, 1, told.append)
    assert told == ["1 of 1: clicks"]
    assert robustness.analyse([piece], tmp_path, 1, told.append) == analysed
    assert len(told) == 1  # the second time from what was kept
    assert set(analysed["clicks"]["forms"]) == {*VARIANTS, robustness.ORIGINAL}
    results = robustness.results_of(analysed)
    json.dumps(results, allow_nan=False)
    shares = results["parts"]["all"]["variants"]
    assert [shares["FLAC 16 bit"][check] for check in robustness.CHECKS] == [1.0] * 4
    assert all(
        each["grid"] == 1.0 for each in shares.values()
    )  # each encoder's delay and the silence are accounted for
    text = markdown(robustness.grids(results))
    assert all(f"| {variant} |" in text for variant in VARIANTS)

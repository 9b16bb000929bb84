"""The made music of `inside.py` says what is true of it, the same each time, and answers are scored as documented."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import dance_tracks
import dance_tracks_blind
import inside_scoring
import numpy as np
import pytest
from inside_scoring import CueScore
from made_track import CUE_KINDS, ROLES, Stretch, TrueCue, Truth, cues_of, write_piece

MAKERS = (dance_tracks, dance_tracks_blind)
NUMBERS = range(48)


def stretch(role: str | None, bars: int = 8, *, drums: bool = True, bass: bool = True, pulse: bool = True) -> Stretch:
    return Stretch(bars=bars, role=role, drums=drums, bass=bass, pulse=pulse, energy=0.5, group=str(role))


# ---- dance tracks --------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_boundaries_are_downbeats_and_cues_are_boundaries(maker) -> None:
    for number in NUMBERS:
        truth = maker.draw_track(number).truth
        starts = {phrase.start_s for phrase in truth.phrases}
        assert set(truth.downbeats_s) <= set(truth.beats_s)
        assert starts <= set(truth.downbeats_s)
        assert {cue.at_s for cue in truth.cues} <= starts
        assert all(a.end_s == b.start_s for a, b in pairwise(truth.phrases))
        assert {phrase.role for phrase in truth.phrases} <= {*ROLES, None}
        assert all(0.0 < phrase.energy <= 1.0 for phrase in truth.phrases)
        kinds = [cue.kind for cue in truth.cues]
        assert set(kinds) <= set(CUE_KINDS)
        assert all(kinds.count(kind) == 1 for kind in ("first_beat", "mix_in", "mix_out"))
        assert min(np.diff(truth.beats_s)) == pytest.approx(60.0 / truth.bpm, abs=1e-5)


def test_a_track_sounds_as_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = dance_tracks.draw_track(1)
    kick = dance_tracks.Section(name="intro", role="intro", bars=2, parts=frozenset({"kick"}))
    pad = dance_tracks.Section(name="break", role="break", bars=2, parts=frozenset({"hat"}))
    track = dance_tracks.DanceTrack(number=1, style=drawn.style, bpm=120.0, first_s=0.5, sections=(kick, pad, kick))
    monkeypatch.setattr(dance_tracks, "synthesised", None)  # no font is needed for drums
    y = dance_tracks.render(track, rate_hz=11_025)
    assert np.array_equal(y, dance_tracks.render(track, rate_hz=11_025))
    assert y.size == round(track.duration_s * 11_025)
    assert np.abs(y).max() <= 1.0
    low = np.abs(np.fft.rfft(y[: 13 * 11_025].reshape(13, -1), axis=1))[:, 30:120].sum(axis=1)
    assert low[5:8].max() < 0.2 * min(low[1:4].min(), low[9:12].min())
    onset = int(np.argmax(np.abs(y) > 0.1))
    assert onset / 11_025 == pytest.approx(0.5, abs=0.01)


def test_cues_are_what_the_definitions_say() -> None:
    form = [
        stretch("intro", drums=False, bass=False, pulse=False),
        stretch("intro", bass=False),
        stretch(None),
        stretch("break", drums=False, bass=False),
        stretch("build", drums=False, bass=False),
        stretch("drop"),
        stretch("drop"),
        stretch("break", 4, drums=False),
        stretch("drop"),
        stretch("outro"),
        stretch("outro", 4, drums=False),
    ]
    assert cues_of(form) == [
        ("first_beat", 1, True),
        ("mix_in", 1, True),
        ("drop", 2, False),
        ("break", 3, True),
        ("drop", 5, True),
        ("break", 7, False),
        ("drop", 8, True),
        ("mix_out", 9, True),
        ("outro", 9, True),
    ]
    beatless_end = [*form[:9], stretch("outro", drums=False)]
    assert ("mix_out", 8, True) in cues_of(beatless_end)
    assert ("mix_out", 8, False) in cues_of(form[:9])


def test_truth_is_written_and_read_back(tmp_path: Path) -> None:
    truth = dance_tracks.draw_track(3).truth
    path = write_piece(tmp_path, truth, np.zeros(1000, dtype=np.float32), 22_050)
    assert path.stat().st_size > 0
    assert Truth.of_record(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))) == truth


# ---- songs ---------------------------------------------------------------------------------------


# ---- scores --------------------------------------------------------------------------------------


def test_a_cue_counts_within_one_beat_and_one_place_serves_two_kinds() -> None:
    truth = [
        TrueCue(kind="first_beat", at_s=1.0),
        TrueCue(kind="mix_in", at_s=1.0),
        TrueCue(kind="drop", at_s=30.0, is_needed=False),
        TrueCue(kind="drop", at_s=60.0),
        TrueCue(kind="break", at_s=90.0),
    ]
    told = [("first_beat", 1.2), ("drop", 60.6), ("break", 90.5), ("outro", 120.0)]
    scores = inside_scoring.cue_scores(truth, told, 0.5)
    assert scores["first_beat"] == CueScore(found=1)
    assert scores["mix_in"] == CueScore(found=1)
    assert scores["drop"] == CueScore(false=1, missed=1)
    assert scores["break"] == CueScore(found=1)
    assert scores["outro"] == CueScore(false=1)
    total = sum(scores.values(), CueScore())
    assert total == CueScore(found=3, false=2, missed=1)
    assert total.f == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    optional = inside_scoring.cue_scores(truth, [("drop", 30.0), ("drop", 60.0)], 0.5)["drop"]
    assert optional == CueScore(found=1)


def test_a_boundary_counts_at_the_exact_bar_only() -> None:
    truth = [0.0, 10.0, 20.0, 30.0]
    assert inside_scoring.boundary_f(truth, [0.0, 10.1, 19.9, 30.0], 0.5) == 1.0
    assert inside_scoring.boundary_f(truth, [0.0, 12.0, 20.0, 30.0], 0.5) == 0.5
    assert inside_scoring.boundary_f(truth, [5.0, 10.0, 30.0], 0.5) == pytest.approx(2 / 3)
    assert inside_scoring.boundary_f(truth, [], 0.5) == 0.0
    assert inside_scoring.boundary_f([0.0, 30.0], [0.0, 30.0], 0.5) is None


def test_bars_twice_as_long_are_in_phase_and_others_are_not() -> None:
    truth = [2.0 * bar for bar in range(60)]
    assert inside_scoring.downbeat_f(truth, truth[::2]) > inside_scoring.PHASE_RIGHT_F
    shifted = [at + 1.0 for at in truth]
    assert inside_scoring.downbeat_f(truth, shifted) == 0.0
    beats = [0.5 * beat for beat in range(240)]
    by_phase = inside_scoring.phases_f(truth, beats, 4)
    assert by_phase[0] == 1.0
    assert by_phase[1:] == [0.0, 0.0, 0.0]


def test_bars_are_together_where_the_plan_puts_one_on_the_other() -> None:
    a, b = [2.0 * bar for bar in range(40)], [0.3 + 1.9 * bar for bar in range(40)]
    plan = {"leave_s": 40.0, "until_s": 72.0, "enter_s": b[4], "speed": 1.9 / 2.0}
    assert inside_scoring.bars_together(a, b, plan)
    assert not inside_scoring.bars_together(a, b, {**plan, "enter_s": b[4] + 0.025})
    assert not inside_scoring.bars_together(a, b, {**plan, "speed": 0.955})
    assert not inside_scoring.bars_together([], b, plan)

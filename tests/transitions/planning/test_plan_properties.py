"""Whatever two tracks are like, a plan is one that can be played, or there is a reason why there is none."""

import json
from typing import Any

import numpy as np
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from mixable_tracks import mixable_track

from map4.core.base.records import in_json
from map4.core.music.analysis.inside import ROLES, DetectedCue
from map4.core.music.mixing.compatibility import plan_members
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan, read_plan
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.track import Track
from map4.transitions.planning.plan import MixPair
from map4.transitions.planning.side import MixSide


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    beats, metre = draw(st.integers(16, 300)), draw(st.integers(2, 7))
    bpm = draw(st.sampled_from([30.5, 60.0, 87.0, 120.0, 124.3, 174.0, 299.0]))
    first_bar = draw(st.sampled_from([None, 0, 1, 3]))
    end_s = beats * 60.0 / bpm
    phrases: list[Any] = []
    if first_bar is not None:
        bars = draw(st.sets(st.integers(0, (beats - first_bar) // metre - 1), max_size=5))
        phrases = [(bar, draw(st.sampled_from([None, *ROLES]))) for bar in sorted(bars)]
    places = st.floats(-5.0, end_s + 20.0)
    names = st.sampled_from([None, "Mix out", "in", "Outro", "x"])
    kinds = st.sampled_from(["cue", "loop", "fade_in", "fade_out", "load"])
    found = st.builds(
        DetectedCue,
        kind=st.sampled_from(DetectedCue.KINDS),
        position_s=st.floats(0.0, end_s),
        reason=st.just("heard"),
        confidence=st.floats(0.0, 1.0),
    )
    wander = draw(st.sampled_from([None, 0.01, 0.3]))
    steps = 60.0 / bpm * np.exp(np.random.default_rng(beats).normal(0.0, wander or 0.0, beats))
    return mixable_track(
        "a.wav",
        bpm,
        first_beat_s=draw(st.floats(0.0, 1.0)),
        beats=beats,
        first_bar=first_bar,
        metre=metre,
        phrases=phrases,
        detected_cues=draw(st.lists(found, max_size=3)),
        cues=draw(st.lists(st.builds(CuePoint, position_s=places, kind=kinds, name=names), max_size=2)),
        grid=[GridMark(position_s=0.4, bpm=bpm, metre=4, beat=2)] if draw(st.booleans()) else [],
        times_s=None if wander is None else np.cumsum(steps).tolist(),
        user_bpm=draw(st.sampled_from([None, bpm / 2, bpm * 2, bpm * 1.3])),
        sure=draw(st.floats(0.0, 1.0)),
    )


@settings(max_examples=examples(100))
@given(a=tracks(), b=tracks(), after_s=st.sampled_from([0.0, 10.0]))
def test_every_plan_can_be_played(a: Track, b: Track, after_s: float) -> None:
    sides = MixSide.of(a), MixSide.of(b)
    missing = [side.reason for side in sides if isinstance(side, NoPlan)]
    plan = (
        NoPlan(missing[0])
        if missing
        else MixPair.of(*(side for side in sides if isinstance(side, MixSide))).plan(after_s=after_s)
    )
    record = json.loads(json.dumps(in_json(plan_members(plan)), allow_nan=False))
    restored = read_plan(record)
    assert restored == (plan if isinstance(plan, NoPlan) else plan.rounded())
    read = restored if isinstance(restored, MixPlan) else None
    assert (record["no_plan"] is None) == (record["plan"] is not None)
    for place, track in ((read and read.leave, a), (read and read.enter, b)):
        end_s = track.analysis.duration_s + 120.0 / track.analysis.tempo.bpm  # type: ignore[union-attr]
        assert place is None or 0.0 <= place.at_s < place.until_s <= end_s
    assert read is None or (0 < read.bass_swap_beat <= read.beats and read.leave.at_s >= after_s - 1e-3)

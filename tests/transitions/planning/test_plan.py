"""Plans of tracks whose beats and bars are known exactly."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mixable_tracks import mixable_track, without_beats

from map4.core.music.analysis.inside import DetectedCue, DrumPattern
from map4.core.music.analysis.key import Key
from map4.core.music.lists.joint import ListJoint
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns, MixScores
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.track import Track
from map4.transitions.planning.plan import MixPair, drum_clashes
from map4.transitions.planning.side import MixSide

FORM = ((0, "intro"), (16, "drop"), (48, "outro"))
FOUR_FLOOR, BROKEN = "f000f000f000f000", "f00000f0000f0000"


def planned(a: Track, b: Track, **options: float) -> MixPlan | NoPlan:
    return MixPair.of(MixSide.of(a), MixSide.of(b)).plan(**options)


def ones_s(track: Track, from_s: float, until_s: float) -> np.ndarray:
    ones = np.array(track.analysis.bars.downbeats_s)
    return ones[(ones > from_s - 0.01) & (ones < until_s - 0.01)]


def bars_apart_s(plan: MixPlan, a: Track, b: Track) -> np.ndarray:
    """How far bars lie apart on A's time, while B plays at the speed planned."""
    of_a = ones_s(a, plan.leave.at_s, plan.leave.until_s) - plan.leave.at_s
    of_b = (ones_s(b, plan.enter.at_s, plan.enter.until_s) - plan.enter.at_s) / plan.speed
    assert len(of_a) == len(of_b) > 0
    return np.abs(of_a - of_b)


def kinds(plan: MixPlan) -> set[str]:
    return {objection.kind for objection in plan.against}


def test_bars_are_aligned_or_planned_by_beats() -> None:
    for bpm, first_bar_a, first_bar_b in ((126.0, 0, 0), (122.7, 1, 3), (120.01, 2, 1)):
        a = mixable_track("a.wav", 124.0, first_bar=first_bar_a, phrases=FORM, beats=260)
        b = mixable_track("b.wav", bpm, first_bar=first_bar_b, first_beat_s=0.731, phrases=FORM, beats=260)
        plan = planned(a, b)
        assert bars_apart_s(plan, a, b).max() < 1e-6
        assert plan.speed == pytest.approx(124.0 / bpm, abs=1e-6)
        assert plan.bpm == pytest.approx(124.0)
        assert (plan.beats, plan.bars) == (64, 16)
    plan = planned(mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", 122.0, first_bar=None))
    assert plan.bars is None
    assert plan.enter.bar is None
    assert plan.leave.bar == 49
    assert "bar_one" in kinds(plan)
    assert plan.beats % 32 == 0
    period_s = 60.0 / 122.0
    assert (plan.enter.at_s - 0.25) / period_s == pytest.approx(round((plan.enter.at_s - 0.25) / period_s), abs=1e-6)


def test_phrases_start_together_and_edited_joints_keep_their_values() -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    plan = planned(a, b)
    assert (plan.leave.bar, plan.leave.why) == (49, "outro")
    assert (plan.enter.bar, plan.enter.why) == (1, "intro")
    assert plan.bass_swap_beat == plan.beats == 64
    assert plan.bass_swap_at_s == pytest.approx(plan.leave.until_s)
    usual = planned(a, b)
    assert joined(a, b, kind="fade").kind == "fade"
    for swap_s, beat in ((usual.leave.at_s + 2.2, 4), (0.0, 1), (900.0, usual.beats)):  # beats of half a second
        swapped = joined(a, b, swap_s=swap_s)
        assert swapped.bass_swap_beat == beat
        assert swapped.bass_swap_at_s == pytest.approx(usual.leave.at_s + beat / 2)
    assert joined(a, b).leave.at_s == usual.leave.at_s
    moved = joined(a, b, leave_s=usual.leave.at_s - 8.2, enter_s=16.3, bars=4)
    assert moved.leave.at_s == pytest.approx(usual.leave.at_s - 8.0)  # on beats of half a second
    assert moved.enter.at_s == pytest.approx(16.25)
    assert (moved.beats, moved.bars) == (16, 4)
    assert bars_apart_s(moved, a, b).max() < 1e-6
    assert joined(a, b, enter_s=16.8, bars=4).bars is None  # bars of B are not on those of A


def test_mixes_are_no_longer_than_the_intro_and_end_within_the_first_track() -> None:
    for intro_bars, beats in [(16, 64), (8, 32), (5, 16), (4, 16), (2, 8)]:
        b = mixable_track("b.wav", phrases=((0, "intro"), (intro_bars, "drop"), (48, "outro")))
        plan = planned(mixable_track("a.wav", phrases=FORM), b)
        assert plan.beats == beats
        assert ("short" in kinds(plan)) == (beats < 16)
    a = mixable_track("a.wav", phrases=((0, "intro"), (16, "drop"), (60, "outro")))
    plan = planned(a, mixable_track("b.wav", phrases=FORM))
    assert plan.leave.until_s <= a.analysis.cue_out_s + 1e-6  # type: ignore[operator]
    assert plan.beats == 16


@pytest.mark.parametrize(("bpm_a", "bpm_b", "folded"), [(87.0, 174.5, "half"), (174.0, 87.2, "double")])
def test_half_and_double_tempo_count_as_the_same(bpm_a: float, bpm_b: float, folded: str) -> None:
    a = mixable_track("a.wav", bpm_a, phrases=FORM)
    b = mixable_track("b.wav", bpm_b, phrases=FORM)
    plan = planned(a, b)
    assert plan.folded == folded
    assert abs(plan.speed_percent) < 0.4
    assert plan.bars is not None
    assert "tempo" not in kinds(plan)
    of_a = ones_s(a, plan.leave.at_s, plan.leave.until_s) - plan.leave.at_s
    of_b = (ones_s(b, plan.enter.at_s, plan.enter.until_s) - plan.enter.at_s) / plan.speed
    slower, faster = (of_a, of_b) if folded == "half" else (of_b, of_a)
    assert np.abs(slower[:, None] - faster[None]).min(axis=1).max() < 1e-6


def test_cues_of_the_user_take_precedence() -> None:
    detected = (DetectedCue(kind="mix_in", position_s=8.25, reason="bass sets in", confidence=1.0),)
    out_cue = CuePoint(position_s=80.25, name="Mix out")
    in_cue = CuePoint(position_s=16.25, kind="load")
    a = mixable_track("a.wav", phrases=FORM, cues=[out_cue])
    b = mixable_track("b.wav", phrases=FORM, detected_cues=detected, cues=[in_cue])
    plan = planned(a, b)
    assert plan.leave.at_s == pytest.approx(80.25)
    assert plan.leave.why == 'your cue "Mix out"'
    assert plan.enter.at_s == pytest.approx(16.25)
    assert plan.enter.why == "your load cue"


@pytest.mark.parametrize("name", ["mix in", "Mix-In", "1 Mix in", "IN", "Intro", "start", "load point", "Fade in 2"])
def test_cue_with_the_whole_name_of_an_entry_is_used(name: str) -> None:
    b = mixable_track("b.wav", phrases=FORM, cues=[CuePoint(position_s=16.25, name=name)])
    assert planned(mixable_track("a.wav", phrases=FORM), b).enter.why == f'your cue "{name}"'


@pytest.mark.parametrize("name", ["Vox in", "Start of drop", "Big load", "bass in", "no intro", "Intro ends"])
def test_cue_with_a_word_of_an_entry_changes_nothing(name: str) -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    cues = [CuePoint(position_s=40.25, name=name)]
    assert planned(a, mixable_track("b.wav", phrases=FORM, cues=cues)).enter == planned(a, b).enter


@pytest.mark.parametrize("name", ["Out of tune", "fills out", "Leave room", "Outro vox"])
def test_cue_with_a_word_of_an_exit_changes_nothing(name: str) -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    cues = [CuePoint(position_s=40.25, name=name)]
    assert planned(mixable_track("a.wav", phrases=FORM, cues=cues), b).leave == planned(a, b).leave


def test_places_without_room_and_cues_of_another_meaning_do_not_change_the_plan() -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    last_s = a.analysis.beats_s[-6]  # type: ignore[union-attr]
    cues = [CuePoint(position_s=last_s, name="Mix out")]
    late = planned(mixable_track("a.wav", phrases=FORM, cues=cues), b, bars=8)
    assert late.leave == planned(a, b, bars=8).leave
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    cues = [CuePoint(position_s=40.25, name="without"), CuePoint(position_s=60.25, number=0)]
    assert planned(mixable_track("a.wav", phrases=FORM, cues=cues), b).leave == planned(a, b).leave


def test_detected_cues_and_imported_bars_come_before_measured_ones() -> None:
    cue = DetectedCue(kind="mix_in", position_s=0.25 + 8 * 2.0, reason="drums", confidence=1.0)
    plan = planned(mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM, detected_cues=[cue]))
    assert (plan.enter.bar, plan.enter.why, plan.beats) == (9, "mix in", 32)
    mark = GridMark(position_s=0.25, bpm=120.0, metre=4, beat=3)
    b = mixable_track("b.wav", phrases=FORM, grid=[mark])
    plan = planned(mixable_track("a.wav", phrases=FORM), b)
    assert plan.bars is not None
    assert (plan.enter.at_s - 0.25 - 2 * 0.5) % 2.0 == pytest.approx(0.0, abs=1e-6)


def test_exported_grids_add_no_certainty() -> None:
    """Below one half, it begins with the first beat."""
    mark = GridMark(position_s=0.25, bpm=120.0, metre=4, beat=1)
    assert bars_certainty(mark, sure=0.4) == 0.4
    cases = [
        (0.25, 3, 0.6),  # as rekordbox has it
        (1.25, 1, 0.6),  # as Traktor has it: on the next bar
        (0.25, 1, 0.95),
        (0.25, 2, 0.95),
        (0.75, 1, 0.95),
    ]
    for at_s, beat, certainty in cases:
        mark = GridMark(position_s=at_s, bpm=120.0, metre=4, beat=beat)
        assert bars_certainty(mark, sure=0.6) == certainty


def bars_certainty(imported: GridMark, *, sure: float) -> float:
    """Of a side with an imported grid, whose own one begins with the third beat of a bar, as surely as that."""
    track = mixable_track("b.wav", phrases=FORM, first_bar=2, grid=[imported], sure=sure)
    assert track.analysis.bars
    bars = replace(track.analysis.bars, grid_beat=3)
    side = MixSide.of(replace(track, analysis=replace(track.analysis, bars=bars)))
    return side.bars_certainty


def test_beats_begin_at_the_first_audible_beat_and_bar_one_before() -> None:
    b = mixable_track("b.wav", first_bar=None)
    late = replace(b, analysis=replace(b.analysis, beats_s=b.analysis.beats_s[8:], cue_in_s=b.analysis.beats_s[8]))
    plan = planned(mixable_track("a.wav", first_bar=None), late)
    assert (plan.enter.beat, plan.enter.why) == (1, "first beat")
    assert plan.enter.at_s == pytest.approx(4.25)
    own = planned(mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM, first_bar=2))
    mark = GridMark(position_s=0.25, bpm=120.0, metre=4, beat=1)
    written = mixable_track("b.wav", phrases=FORM, first_bar=2, grid=[mark])
    assert planned(mixable_track("a.wav", phrases=FORM), written) == own
    early = mixable_track("b.wav", first_beat_s=0.495, phrases=FORM)
    assert early.analysis is not None
    analysis = early.analysis
    assert analysis.bars is not None
    before = (0.0, *analysis.beats_s)
    bars = replace(analysis.bars, downbeats_s=before[::4])
    b = replace(early, analysis=replace(analysis, beats_s=before, bars=bars, structure=None))
    plan = planned(mixable_track("a.wav", phrases=FORM), b)
    assert (plan.enter.bar, plan.enter.at_s) == (1, 0.0)


def test_short_outros_are_used_in_full_and_grids_off_the_beats_ignored() -> None:
    track = mixable_track("a.wav", beats=256, phrases=[(0, None), (56, "outro")])
    short = replace(track, analysis=replace(track.analysis, cue_out_s=track.analysis.cue_out_s - 0.009))
    plan = planned(short, mixable_track("b.wav", phrases=FORM))
    assert (plan.leave.bar, plan.beats) == (57, 32)
    mark = GridMark(position_s=0.5, bpm=120.0, metre=4, beat=3)
    plan = planned(mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM, grid=[mark]))
    assert plan.enter.at_s == pytest.approx(0.25)


def test_cut_bars_are_not_mixed_over_and_two_beats_align_with_four() -> None:
    steady = mixable_track("b.wav", phrases=((0, "intro"), (16, "drop"), (48, "outro")))
    assert steady.analysis.bars
    period_s = 0.5
    # The fifth bar has two beats.
    ones = [0.25 + period_s * beat for beat in (0, 4, 8, 12, 16, *range(18, 256, 4))]
    bars = replace(steady.analysis.bars, downbeats_s=tuple(ones))
    cut = replace(steady, analysis=replace(steady.analysis, bars=bars))
    plan = planned(mixable_track("a.wav", phrases=FORM), cut)
    assert plan.bars is not None
    assert bars_apart_s(plan, mixable_track("a.wav", phrases=FORM), cut).max() < 1e-6
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", metre=2, first_bar=1)
    plan = planned(a, b)
    assert (plan.beats, plan.bars) == (32, 8)
    assert "metre" in kinds(plan)
    of_b = (ones_s(b, plan.enter.at_s, plan.enter.until_s) - plan.enter.at_s) / plan.speed
    of_a = ones_s(a, plan.leave.at_s, plan.leave.until_s) - plan.leave.at_s
    assert np.abs(of_a[:, None] - of_b[None]).min(axis=1).max() < 1e-6
    turned = planned(b, a)
    assert (turned.beats, turned.bars) == (32, 16)


def test_uncertain_bars_and_different_metres_are_reported() -> None:
    plan = planned(mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM, sure=0.4))
    assert plan.bars is not None
    assert [objection.text for objection in plan.against if objection.kind == "bar_one"] == [
        "bar one of the second is uncertain (40 %)"
    ]
    plan = planned(mixable_track("a.wav"), mixable_track("b.wav", metre=3))
    assert plan.bars is None
    assert "metre" in kinds(plan)


def test_tempo_keys_drums_and_swing_are_objections_if_they_clash() -> None:
    assert "tempo" in kinds(planned(mixable_track(bpm=120.0), mixable_track(bpm=132.0)))
    assert "tempo" not in kinds(planned(mixable_track(bpm=120.0), mixable_track(bpm=127.0)))
    a = mixable_track(key="8A")
    assert "keys" in kinds(planned(a, mixable_track(key="2B")))
    assert "keys" not in kinds(planned(a, mixable_track(key="9A")))
    assert "keys" in planned(a, mixable_track(key=None)).unchecked
    a = mixable_track(drums=DrumPattern(kick=FOUR_FLOOR, swing=0.5))
    assert not kinds(planned(a, mixable_track(drums=DrumPattern(kick=FOUR_FLOOR, swing=0.52)))) & {"drums", "swing"}
    assert "drums" in kinds(planned(a, mixable_track(drums=DrumPattern(kick=BROKEN, swing=None))))
    assert "swing" in kinds(planned(a, mixable_track(drums=DrumPattern(kick=FOUR_FLOOR, swing=0.64))))
    assert "drums" in planned(a, mixable_track()).unchecked


@pytest.mark.parametrize(("apart", "is_clash"), [(60, False), (61, True)])
def test_a_clash_of_swing_is_the_same_for_ratings_lists_and_plans(apart: int, is_clash: bool) -> None:
    lower = np.arange(0, 1001 - apart) / 1000
    upper = np.arange(apart, 1001) / 1000  # as measured: three decimals
    traits = MixTraits(bpm=120.0, key=Key.parse("8A"), energy=0.5)
    columns = MixColumns.of([traits] * len(lower))
    for firsts, seconds in ((lower, upper), (upper, lower)):
        many = MixScores.of(replace(columns, swing=firsts), replace(columns, swing=seconds)).is_poor
        pairs = list(zip(firsts.tolist(), seconds.tolist(), strict=True))
        rated = [replace(traits, swing=a).compared(replace(traits, swing=b)).rated() for a, b in pairs]
        plans = [drum_clashes(*(DrumPattern(kick=FOUR_FLOOR, swing=swing) for swing in pair)) for pair in pairs]
        assert (
            {*many.tolist()} == {rating == "poor" for rating in rated} == {bool(plan) for plan in plans} == {is_clash}
        )


def test_unsteady_beats_are_reported_and_steady_beats_aligned_without_a_grid() -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(0.5 * np.exp(np.cumsum(rng.normal(0.0, 0.006, 256))))
    plan = planned(mixable_track("a.wav"), mixable_track("b.wav", times_s=times))
    assert "drift" in kinds(plan)
    assert plan.confidence < planned(mixable_track("a.wav"), mixable_track("b.wav")).confidence
    times = 0.4 + 0.5 * np.arange(256) + np.random.default_rng(1).normal(0.0, 0.004, 256)
    b = mixable_track("b.wav", times_s=times)
    plan = planned(mixable_track("a.wav"), b)
    assert plan.bars is not None
    assert bars_apart_s(plan, mixable_track("a.wav"), b).max() < 0.02
    assert "drift" not in kinds(plan)


def test_certainty_follows_tracks_and_mixes_follow_each_other() -> None:
    plan = planned(mixable_track(sure=0.9), mixable_track(sure=0.8))
    assert plan.confidence == pytest.approx(0.9**2 * 0.8**2)
    a = mixable_track("a.wav", cues=[CuePoint(position_s=20.25, kind="fade_out")])
    b = mixable_track("b.wav")
    assert planned(a, b).leave.at_s == pytest.approx(20.25)
    assert planned(a, b, after_s=30.0).leave.at_s >= 30.0
    assert isinstance(planned(a, b, after_s=127.0), NoPlan)
    side = MixSide.of(mixable_track(times_s=0.4 + 0.5 * np.arange(64)))
    assert side.span(10, 1) == pytest.approx((5.4, 5.9, 0.0), abs=1e-6)


@pytest.mark.parametrize(("measured", "own", "has_bars"), [(174.0, 87.0, False), (87.0, 174.0, True)])
def test_half_or_double_tempo_of_the_user_decides_the_beats(measured: float, own: float, has_bars: bool) -> None:
    plan = planned(mixable_track("a.wav", measured, user_bpm=own), mixable_track("b.wav", own))
    assert (plan.folded, plan.bars is not None) == (None, has_bars)
    assert plan.bpm == pytest.approx(own)


def test_missing_few_or_contradicting_beats_give_no_plan() -> None:
    assert MixSide.of(without_beats(mixable_track())) == NoPlan("has no beats")
    other = MixSide.of(mixable_track(bpm=120.0, user_bpm=93.0))
    assert isinstance(other, NoPlan)
    assert "93.0" in other.reason
    track = mixable_track()
    few = replace(track, analysis=replace(track.analysis, beats_s=track.analysis.beats_s[:7]))
    assert MixSide.of(few) == NoPlan("has too few beats: 7; a mix needs at least 16")


@pytest.mark.parametrize(("jitter_s", "strays"), [(0.004, False), (0.018, True)])
def test_hand_played_grid_lowers_the_confidence(jitter_s: float, strays: bool) -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    sure = planned(a, b)
    away_s = np.random.default_rng(1).normal(scale=jitter_s, size=len(a.analysis.beats_s))
    beats_s = tuple(np.maximum(np.array(a.analysis.beats_s) + away_s, 0.0).tolist())
    plan = planned(replace(a, analysis=replace(a.analysis, beats_s=beats_s)), b)
    assert plan.leave == sure.leave
    assert (plan.confidence < sure.confidence, "drift" in kinds(plan)) == (strays, strays)


def joined(a: Track, b: Track, **given: Any) -> MixPlan:
    return MixPair.of(MixSide.of(a), MixSide.of(b)).changed(ListJoint(of="a", to="b", **given))


def test_long_joints_start_earlier_and_cuts_change_on_the_beat() -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    usual = planned(a, b)
    long = joined(a, b, bars=32)
    assert (long.bars, long.leave.until_s) == (32, pytest.approx(usual.leave.until_s))
    assert long.leave.at_s < usual.leave.at_s
    late = joined(a, b, leave_s=usual.leave.until_s - 8.0, bars=16)
    assert (late.bars, late.leave.until_s) == (4, pytest.approx(usual.leave.until_s))
    a, b = mixable_track("a.wav", 120.0, phrases=FORM), mixable_track("b.wav", 126.0, phrases=FORM)
    cut = joined(a, b, kind="cut", leave_s=100.4)
    assert (cut.leave.at_s, cut.lasts_s, cut.speed) == (pytest.approx(100.25), pytest.approx(0.01), 1.0)
    assert cut.against == ()

"""Mixing compatibility against values worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixable_tracks import PLAN

from map4.core.dsp.sound.descriptors import map_instrumentalness
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.lists.listed import ListedPick
from map4.core.music.mixing.compatibility import (
    Compatibility,
    MixTraits,
    TransitionRecord,
    mixes_pitched_within,
    rate_compatibility,
)
from map4.core.music.mixing.mix_plan import Against, AgainstKind, MixPlan, NoPlan


def traits(bpm: float | None = None, key: str | None = None, energy: float | None = None) -> MixTraits:
    return MixTraits(bpm=bpm, key=None if key is None else Key.parse(key), energy=energy)


some_traits = st.builds(
    MixTraits,
    bpm=st.none() | st.floats(30, 300),
    key=st.none() | st.sampled_from(ALL_KEYS),
    energy=st.none() | st.floats(0, 1),
)


def test_record_of_a_transition_has_all_parts() -> None:
    found = traits(125.0, "8A", 0.66).compared(traits(126.5, "9A", 0.74))
    assert TransitionRecord(step=found, similarity=0.88).to_record() == {
        "compatibility": 0.952,
        "rating": "excellent",
        "type": "blend",
        "similarity": 0.88,
        "tempo": {"change_percent": 1.2, "score": 1.0, "points": 0.4, "folded": None, "mixes_pitched_within": 0.205,
                  "pitch_percent": 8.0, "words": None, "fader_percent": -1.19},
        "key": {"relation": "neighbour", "score": 0.88, "points": 0.352, "words": None, "cents": None,
                "uncertain_cents": 0.0, "leaves": "8A", "enters": "9A"},
        "energy": {"change": 0.08, "score": 1.0, "points": 0.2, "words": None},
        "swing": {"change": None, "words": None},
        "loudness": {"change_lu": None},
        "faults": [],
        "words": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("b_bpm", "points", "folded"),
    [(100, 0.4, None), (102.04, 0.4, None), (102.06, 0.3, None), (106.38, 0.3, None), (106.4, 0.1, None),
     (111.11, 0.1, None), (111.13, 0.0, None), (98.04, 0.4, None), (98.02, 0.3, None), (94.34, 0.3, None),
     (94.33, 0.1, None), (200, 0.4, "half"), (49, 0.3, "double"), (51.5, 0.3, "double"), (150, 0.0, "half")],
)  # fmt: skip
def test_tempo_points_follow_the_fader_of_the_second_deck(b_bpm: float, points: float, folded: str | None) -> None:
    part = traits(100.0).compared(traits(b_bpm)).tempo
    assert (part.points, part.folded) == (pytest.approx(points), folded)
    assert part.score == pytest.approx(points / 0.4)


@pytest.mark.parametrize(
    ("a", "b", "points"), [(0.5, 0.5, 0.2), (0.7, 0.9, 0.2), (0.9, 0.7, 0.2), (0.5, 0.71, 0.1), (0.1, 0.5, 0.1),
                           (0.3, 0.71, 0.0), (0.0, 1.0, 0.0)],
)  # fmt: skip
def test_energy_points_follow_the_energy_change(a: float, b: float, points: float) -> None:
    part = traits(energy=a).compared(traits(energy=b)).energy
    assert part.points == pytest.approx(points)
    assert part.change == pytest.approx(b - a)


def test_unknown_values_score_half_and_rate_poor() -> None:
    record = TransitionRecord(step=traits().compared(traits(120.0, "8A", 0.5)), similarity=None).to_record()
    assert record == {
        "compatibility": 0.5,
        "rating": "poor",
        "type": "creative",
        "similarity": None,
        "tempo": {"change_percent": None, "score": 0.5, "points": 0.2, "folded": None, "mixes_pitched_within": None,
                  "pitch_percent": 8.0, "words": None, "fader_percent": None},
        "key": {"relation": "unknown", "score": 0.5, "points": 0.2, "words": "key unknown", "cents": None,
                "uncertain_cents": 0.0, "leaves": None, "enters": "8A"},
        "energy": {"change": None, "score": 0.5, "points": 0.1, "words": None},
        "swing": {"change": None, "words": None},
        "loudness": {"change_lu": None},
        "faults": [],
        "words": ["key unknown"],
    }  # fmt: skip


START = MixTraits(bpm=133.0, key=Key.parse("8A"), energy=0.5, swing=0.5, loudness_lufs=-9.0)
UNPLAYABLE = [{"bpm": 176.0}, {"bpm": 400.0}, {"key": Key.parse("2B")}, {"swing": 0.62},
              {"bpm": 146.0, "energy": 0.75}]  # fmt: skip


@pytest.mark.parametrize("change", UNPLAYABLE)
def test_an_overlap_that_no_dj_would_play_is_poor(change: dict[str, Any]) -> None:
    b = replace(START, **change)
    there, back = START.compared(b), b.compared(START)
    assert rate_compatibility(there.total) != "poor"
    words = [(mix.rated(), mix.rated(16.0), mix.rated(0.0)) for mix in (there, back)]
    assert words == [("poor", "poor", "excellent")] * 2
    assert there.rated(4.0) == ("fair" if "key" in change else "poor")
    again = Compatibility.of_record(TransitionRecord(step=there, similarity=None).to_record())
    assert again is not None
    assert again.rating == "poor"


@pytest.mark.parametrize(("pitch", "bpm", "word"), [
    (8.0, 144.56, "fair"), (8.0, 144.6, "poor"), (12.0, 144.6, "fair"), (4.0, 138.0, "excellent"), (3.0, 138.0, "poor"),
    (8.0, 123.15, "fair"), (8.0, 123.1, "poor"), (8.0, 266.0, "excellent"), (3.0, 68.0, "excellent"),
])  # fmt: skip
def test_pitch_range_of_the_user_limits_the_rating(pitch: float, bpm: float, word: str) -> None:
    assert START.compared(replace(START, bpm=bpm, pitch_percent=pitch)).rating == word


@pytest.mark.parametrize(("lufs", "is_on_bar", "word"), [
    (-9.0, True, "excellent"), (-11.0, True, "excellent"), (-5.0, True, "good"), (-14.0, True, "fair"),
    (-2.0, True, "poor"), (None, True, "good"), (-9.0, False, "good"), (-2.0, False, "poor"),
])  # fmt: skip
def test_tracks_that_do_not_overlap_are_judged_by_loudness_and_place(
    lufs: float | None, is_on_bar: bool, word: str
) -> None:
    assert START.compared(replace(START, loudness_lufs=lufs)).rated(0.0, is_on_bar=is_on_bar) == word


def test_ratings_follow_plans_and_thresholds_with_words() -> None:
    mix = START.compared(replace(START, key=Key.parse("2B")))
    long = replace(PLAN, bars=8, beats=32)
    plans = [None, NoPlan(""), long, replace(long, bars=4), replace(long, bars=None, beats=16),
             replace(long, kind="cut"), replace(long, kind="cut", enter=replace(PLAN.enter, bar=None))]  # fmt: skip
    words = ["poor", "excellent", "poor", "fair", "fair", "excellent", "good"]
    assert [mix.rate_joint(plan) for plan in plans] == words
    assert [ListedPick(transition=mix, plan=plan).rating for plan in plans] == words
    assert [ListedPick(transition=mix, plan=plan).detail(2)["transition"]["rating"] for plan in plans] == words
    a = traits(120, "8A", 0.1)
    steps = [a.compared(traits(120, key, energy)) for key, energy in (("2B", 0.6), ("8A", 0.5))]
    assert [(step.key.words, step.energy.words) for step in steps] == [("keys clash", "energy jumps"), (None, None)]
    assert traits(energy=0.9).compared(traits(energy=0.2)).energy.words == "energy drops"
    # .3 + .4 + .2 is a hair below .9 in binary, and must be excellent all the same.
    assert traits(100, "8A", 0.5).compared(traits(105, "8A", 0.5)).rating == "excellent"
    words = [rate_compatibility(value) for value in (1.0, 0.9, 0.899, 0.75, 0.749, 0.6, 0.599, 0.0)]
    assert words == ["excellent", "excellent", "good", "good", "fair", "fair", "poor", "poor"]
    assert traits(87.0).compared(traits(174.0)).tempo.mixes_pitched_within == 0.0


EIGHT_BARS = replace(PLAN, bars=8, beats=32, against=())
CUT = replace(EIGHT_BARS, kind="cut")
CASES = [
    ({}, EIGHT_BARS, (), "excellent", ()), ({}, EIGHT_BARS, ("keys",), "excellent", ()),
    ({}, EIGHT_BARS, ("drums", "vocals", "keys"), "good", ("drums", "vocals")),
    ({}, EIGHT_BARS, ("metre",), "fair", ("metre",)), ({}, EIGHT_BARS, ("bar_one",), "fair", ("bar_one",)),
    ({}, EIGHT_BARS, ("short",), "fair", ("short",)),
    ({"swing": 0.62}, EIGHT_BARS, ("short",), "poor", ("short", "straight into swung")),
    ({}, CUT, (), "excellent", ()), ({"metre": 3}, CUT, (), "excellent", ()),
    ({"loudness_lufs": -2.0}, CUT, (), "poor", ("7.0 LU louder",)),
    *(({}, plan, ("copy",), "poor", ("copy",)) for plan in (EIGHT_BARS, CUT, NoPlan(""), None)),
    ({"metre": 3}, None, (), "fair", ("4 into 3 beats per bar",)),
    ({"bars_certainty": 0.45}, None, (), "fair", ("bar one of the second is uncertain (45 %)",)),
    ({"bars_certainty": 0.5}, None, (), "excellent", ()), ({"metre": None}, None, (), "excellent", ()),
    ({"bpm": 143.0, "key": Key.parse("10A"), "energy": 0.8}, None, (), "poor",
     ("tempo, key and energy fit too little",)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "plan", "kinds", "word", "reasons"), CASES)
def test_a_named_fault_caps_the_rating_of_a_transition(
    change: dict[str, Any], plan: MixPlan | NoPlan | None, kinds: tuple[AgainstKind, ...], word: str, reasons: Any
) -> None:
    a, against = replace(START, metre=4, bars_certainty=0.9), tuple(Against(kind=kind, text=kind) for kind in kinds)
    mix = a.compared(replace(a, **change))
    if "copy" in kinds:
        mix = replace(mix, faults=(*mix.faults, *against))
    elif isinstance(plan, MixPlan):
        plan = replace(plan, against=against)
    record = TransitionRecord(step=mix, similarity=None, joint=plan).to_record()
    assert (record["rating"], record["words"]) == (word, [*reasons])
    again = Compatibility.of_record(record)
    assert (again and again.rate_joint(plan), mix.joint_words(plan)) == (word, reasons)


@given(some_traits, some_traits, st.sampled_from([None, NoPlan(""), CUT, EIGHT_BARS]))
def test_a_poor_transition_has_a_reason(a: MixTraits, b: MixTraits, plan: MixPlan | NoPlan | None) -> None:
    mix = a.compared(b)
    assert mix.joint_words(plan) or mix.rate_joint(plan) != "poor"


def test_type_of_a_transition_follows_from_tempo_and_key() -> None:
    cases = [
        (traits(120, "8A"), traits(127.65, "10A"), "blend"),  # 6 % and .70: both just fit
        (traits(120, "8A"), traits(127.7, "10A"), "harmonic_mix"),
        (traits(120, "8A"), traits(133.3, "8A"), "harmonic_mix"),  # 10 % is just within reach
        (traits(120, "8A"), traits(133.4, "8A"), "creative"),
        (traits(120, "8A"), traits(161.6, "8A"), "creative"),  # 34.7 %: nobody mixes that for its key
        (traits(120, "8A"), traits(127.2, "11A"), "tempo_match"),
        (traits(120, "8A"), traits(140, "2A"), "creative"),
        (traits(None, "8A"), traits(120, "8B"), "harmonic_mix"),
        (traits(120, None), traits(60, "8B"), "tempo_match"),
    ]
    assert [(a, b, a.compared(b).type) for a, b, _ in cases] == cases


@given(some_traits, some_traits)
def test_symmetric_but_for_the_fader_within_range_and_the_sum_of_its_parts(a: MixTraits, b: MixTraits) -> None:
    there, back = a.compared(b), b.compared(a)
    assert there.total - there.tempo.points == pytest.approx(back.total - back.tempo.points)
    assert replace(there, tempo=back.tempo).rating == back.rating
    assert 0.08 - 1e-9 <= there.total <= 1.0 + 1e-9  # the key alone never gives less than .2 of .4
    assert there.total == pytest.approx(0.4 * there.tempo.score + 0.4 * there.key.score + 0.2 * there.energy.score)


@given(some_traits.filter(lambda t: None not in (t.bpm, t.key, t.energy)))
def test_a_track_mixes_perfectly_into_itself(a: MixTraits) -> None:
    found: Compatibility = a.compared(a)
    assert found.total == pytest.approx(1.0)
    assert (found.rating, found.type, found.tempo.folded) == ("excellent", "blend", None)


def test_share_of_published_mixes_follows_the_tempo_change() -> None:
    for change, share in (
        (0, 0.0),
        (2.5, 0.4305),
        (5, 0.861),
        (-5, 0.861),
        (7.5, 0.903),
        (10, 0.945),
        (15, 0.9655),
        (20, 0.986),
        (30, 0.986),
    ):
        assert mixes_pitched_within(change) == pytest.approx(share)
        part = traits(100.0 + change).compared(traits(100.0)).tempo
        assert (part.mixes_pitched_within, part.fader_percent) == (pytest.approx(share), change)


def test_tempo_step_text_is_equal_before_and_after_storing() -> None:
    for bpm, change in (
        (130.0 / 1.2, "-7.7"),
        (100.0 * 124.0 / 138.0, "+11.3"),
        (100.0549, "-0.1"),
        (100.0449, "0.0"),
        (99.96, "0.0"),
        (100.0, "0.0"),
    ):
        fresh = traits(100.0).compared(traits(bpm))
        kept = Compatibility.of_record(TransitionRecord(step=fresh, similarity=None).to_record())
        assert fresh.tempo.fader_text == kept.tempo.fader_text == change
        assert fresh.tempo.is_same == kept.tempo.is_same == (change == "0.0")


TUNED = replace(START, tuning_cents=0.0, tuning_uncertainty=1.0)


@pytest.mark.parametrize(("change", "cents", "relation", "word", "words"), [
    ({"tuning_cents": 22.0}, 22.0, "same", "excellent", ()),
    ({"tuning_cents": 22.1}, 22.1, "same", "good", ("22 cents apart",)),
    ({"tuning_cents": -37.0}, 37.0, "same", "good", ("37 cents apart",)),
    ({"tuning_cents": 43.0}, 43.0, "same", "fair", ("43 cents apart",)),
    ({"tuning_cents": 43.0, "tuning_uncertainty": 30.0}, 43.0, "same", "excellent", ()),  # not certain
    ({"tuning_cents": None}, None, "same", "excellent", ()),
    ({"bpm": 128.8}, 0.0, "same", "excellent", ()),  # with key lock
    ({"bpm": 128.8, "has_key_lock": False}, 55.5, "same", "fair", ("56 cents apart",)),
    ({"bpm": 128.8, "has_key_lock": False, "tuning_cents": -45.0}, 10.5, "same", "excellent", ()),
    ({"bpm": 128.8, "has_key_lock": False, "tuning_cents": None}, 55.5, "same", "fair", ("56 cents apart",)),
    ({"key": Key.parse("3A"), "tuning_cents": -49.0}, 51.0, "same", "fair", ("51 cents apart",)),
    ({"key": Key.parse("3A")}, None, "clash", "poor", ("keys clash",)),
    ({"bpm": 125.54, "has_key_lock": False}, None, "clash", "poor", ("keys clash",)),
    ({"key": Key.parse("1A"), "bpm": 125.54, "has_key_lock": False}, 0.1, "same", "excellent", ()),  # a semitone up
    ({"first_key": Key.parse("2B")}, None, "clash", "poor", ("keys clash",)),
    ({"last_key": Key.parse("2B")}, 0.0, "same", "excellent", ()),
    ({"tuning_cents": 43.0, "metre": 3}, 43.0, "same", "fair", ("43 cents apart", "4 into 3 beats per bar")),
])  # fmt: skip
def test_keys_out_of_tune_cap_the_rating_and_are_named(
    change: dict[str, Any], cents: float | None, relation: str, word: str, words: tuple[str, ...]
) -> None:
    mix = replace(TUNED, metre=4).compared(replace(TUNED, **{"metre": 4, **change}))
    assert (mix.key.cents, mix.key.relation, mix.rating, mix.words) == (cents, relation, word, words)
    again = Compatibility.of_record(TransitionRecord(step=mix, similarity=None).to_record())
    assert again is not None
    assert (again.rating, again.words, again.key.ends()) == (word, words, mix.key.ends())
    assert mix.rated(0.0) == "excellent"


def test_tuning_is_as_certain_as_its_notes_agree() -> None:
    assert MixTraits.tuning(43.0, map_instrumentalness(0.35), True) == {
        "tuning_cents": 43.0,
        "tuning_uncertainty": pytest.approx(2.0),
    }
    assert MixTraits.tuning(43.0, 0.4, True)["tuning_uncertainty"] == pytest.approx(35.0)
    assert MixTraits.tuning(43.0, 0.5, False) == {}  # the key of a tag may be named by a semitone
    assert MixTraits.tuning(None, 0.5, True) == MixTraits.tuning(0.0, None, True) == {}

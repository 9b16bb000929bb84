"""Which cue points count: those a DJ set, and detected ones besides."""

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from sound_track import SOUND, with_analysis

from map4.core.music.analysis.inside import Bars, DetectedCue, DetectedCueKind, Metre
from map4.core.music.track.cues import CueKind, CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track_cues import (
    CUE_NAMES,
    CueChoice,
    CueForm,
    TrackCue,
    bar_length_s,
    cues_in_force,
    cues_to_write,
)

BAR_S = 2.0
COLORS: dict[DetectedCueKind, str] = dict.fromkeys(CUE_NAMES, "#112233")


def spotted(kind: DetectedCueKind, position_s: float, confidence: float = 0.9) -> DetectedCue:
    return DetectedCue(kind=kind, position_s=position_s, reason="it sounds so", confidence=confidence)


DETECTED = (
    spotted("mix_in", 0.0), spotted("drop", 64.0), spotted("break", 128.0), spotted("drop", 160.0),
    spotted("mix_out", 224.0),
)  # fmt: skip


def in_force(*imported: CuePoint, detected: tuple[DetectedCue, ...] = DETECTED) -> tuple[TrackCue, ...]:
    return cues_in_force(imported, detected, bar_s=BAR_S)


def names(cues: tuple[TrackCue, ...]) -> list[tuple[float, str | None]]:
    return [(cue.point.position_s, cue.point.name) for cue in cues]


def written(
    *imported: CuePoint, choice: CueChoice = "all", form: CueForm | None = None, **more: bool
) -> list[tuple[float, int | None]]:
    cues = cues_to_write(in_force(*imported), choice, form, COLORS, **more)
    return [(cue.position_s, cue.number) for cue in cues]


def test_important_detected_cues_are_in_force_unless_near_own_ones() -> None:
    assert names(in_force()) == [
        (0.0, "Mix in"), (64.0, "Drop"), (128.0, "Break"), (160.0, "Drop 2"), (224.0, "Mix out"),
    ]  # fmt: skip
    assert {cue.source for cue in in_force()} == {"detected"}
    for name in ["Vocal", None, "Drop"]:
        for position_s in [63.1, 64.0, 64.9]:
            found = in_force(CuePoint(position_s=position_s, name=name))
            assert [cue.point.position_s for cue in found if cue.kind == "drop"] == [160.0]
    assert (64.0, "Drop") in names(in_force(CuePoint(position_s=66.0, name="Vocal")))
    found = in_force(detected=(spotted("first_beat", 0.1, 1.0), spotted("mix_in", 0.0, 0.6), spotted("outro", 9.0)))
    assert names(found) == [(0.0, "Mix in"), (9.0, "Outro")]
    back = cues_to_write(in_force(), "detected", "both", COLORS)
    assert {cue.source for cue in cues_in_force(back, DETECTED, bar_s=BAR_S)} == {"imported"}
    assert written(*MINE) == [
        (0.0, 1), (10.0, 0), (20.0, None), (30.0, 2), (64.0, 3), (128.0, 4), (160.0, 5), (224.0, 6),
    ]  # fmt: skip
    mine = tuple(CuePoint(position_s=300.0 + n, number=n) for n in range(6))
    assert written(*mine, choice="detected") == [(0.0, 6), (64.0, 7), (128.0, None), (160.0, None), (224.0, None)]


def test_detected_cue_near_an_imported_cue_of_its_meaning_is_dropped() -> None:
    cases = [
        (CuePoint(position_s=32.0, name="Mix In"), [0.0]),
        (CuePoint(position_s=32.0, name="INTRO"), [0.0]),
        (CuePoint(position_s=32.0, kind="fade_in"), [0.0]),
        (CuePoint(position_s=32.0, kind="load"), [0.0]),
        (CuePoint(position_s=200.0, kind="fade_out"), [224.0]),
        (CuePoint(position_s=200.0, name="Outro"), [224.0]),
        (CuePoint(position_s=50.0, name="drop"), [64.0]),
        (CuePoint(position_s=46.0, name="drop"), []),  # nine bars before: another one
        (CuePoint(position_s=140.0, name="Breakdown"), [128.0]),
        (CuePoint(position_s=50.0, name="before the drop"), []),
        (CuePoint(position_s=200.0, name="end of vocals"), []),
    ]
    for cue, gone in cases:
        before = [position_s for position_s, _ in names(in_force())]
        after = [cue.point.position_s for cue in in_force(cue) if cue.source == "detected"]
        assert [position_s for position_s in before if position_s not in after] == gone


def test_cue_names_are_recognised_by_purpose_also_if_map4_wrote_them() -> None:
    cases = [
        ("Drop 2", {"drop"}), ("2nd drop", {"drop"}), ("Caída", {"drop"}), ("pre-drop", set()),
        ("mix_out", {"mix_out"}), ("Einstieg", {"mix_in"}), ("IN", {"mix_in"}),
        ("vocals in", set()), ("BREAKDOWN", {"break"}), ("brk1", {"break"}),
        ("1st beat", {"first_beat"}), ("Start", {"first_beat"}), ("Intro", {"first_beat", "mix_in"}),
        ("Ende", {"mix_out", "outro"}), ("", set()), ("A", set()), ("7", set()),
    ]  # fmt: skip
    assert [(name, TrackCue.meaning_of(CuePoint(position_s=0.0, name=name))) for name, _ in cases] == cases
    for kind in get_args(DetectedCueKind):
        assert kind in TrackCue.meaning_of(CuePoint(position_s=0.0, name=CUE_NAMES[kind]))
        assert kind in TrackCue.meaning_of(CuePoint(position_s=0.0, name=f"{CUE_NAMES[kind]} 2"))


# ---- buttons -------------------------------------------------------------------------------------


MINE = (
    CuePoint(position_s=10.0, number=0, color="#ff0000"),
    CuePoint(position_s=20.0),
    CuePoint(position_s=30.0, number=2),
)


def test_options_select_the_cues_their_form_and_colours() -> None:
    assert written(*MINE, choice="imported") == [(10.0, 0), (20.0, None), (30.0, 2)]
    assert written(*MINE, choice="detected") == [(0.0, 1), (64.0, 3), (128.0, 4), (160.0, 5), (224.0, 6)]
    assert written(*MINE, choice="imported", form="hot") == [(10.0, 0), (20.0, 1), (30.0, 2)]
    assert written(*MINE, choice="imported", form="memory") == [(10.0, None), (20.0, None), (30.0, None)]
    assert written(*MINE, choice="imported", form="both") == [
        (10.0, None), (10.0, 0), (20.0, None), (20.0, 1), (30.0, None), (30.0, 2),
    ]  # fmt: skip
    assert written(*MINE, choice="imported", form="both", has_memory=False) == [(10.0, 0), (20.0, 1), (30.0, 2)]
    pair = (CuePoint(position_s=10.0), CuePoint(position_s=10.0, number=0))
    assert written(*pair, choice="imported", form="both") == [(10.0, None), (10.0, 0)]
    assert written(*pair, choice="imported", form="hot") == [(10.0, None), (10.0, 0)]
    assert written(*pair, choice="imported", form="memory") == [(10.0, None)]
    cues = cues_to_write(in_force(*MINE), "all", "both", COLORS)
    assert {cue.color for cue in cues if cue.name is not None and cue.number is not None} == {"#112233"}
    assert {cue.color for cue in cues if cue.number is None} == {None}
    assert [cue.color for cue in cues if cue.position_s == 10.0] == [None, "#ff0000"]


CUES = st.builds(
    CuePoint,
    position_s=st.floats(-1, 400),
    kind=st.sampled_from(get_args(CueKind)),
    number=st.none() | st.integers(0, 20),
    name=st.none() | st.sampled_from(["Drop", "x", "Mix in", "Outro 2"]),
)
SPOTTED = st.builds(spotted, st.sampled_from(get_args(DetectedCueKind)), st.floats(0, 400), st.floats(0, 1))


@given(st.lists(CUES, max_size=12), st.lists(SPOTTED, max_size=12), st.sampled_from([None, *get_args(CueForm)]))
def test_imported_cues_all_stay(imported: list[CuePoint], detected: list[DetectedCue], form: CueForm | None) -> None:
    found = cues_in_force(imported, detected, bar_s=BAR_S)
    cues = cues_to_write(found, "all", form, COLORS)
    assert [cue.position_s for cue in cues] == sorted(cue.position_s for cue in cues)
    assert {round(cue.position_s, 3) for cue in imported} <= {round(cue.position_s, 3) for cue in cues}
    given = [cue.number for cue in imported if cue.number is not None]
    new = sorted(number for cue in cues if (number := cue.number) is not None)
    if form != "memory":
        for number in given:
            new.remove(number)
    assert len(set(new)) == len(new)
    assert set(new).isdisjoint(given)
    assert all(number < TrackCue.BUTTONS for number in new)
    detected = [cue.point.position_s for cue in found if cue.source == "detected"]
    assert all(abs(position_s - other.position_s) > BAR_S / 2 for position_s in detected for other in imported)


# ---- of a track ----------------------------------------------------------------------------------


def test_record_contains_cue_points_with_bars_of_tempo_and_metre() -> None:
    bars = Bars(downbeats_s=(0.5, 3.26, 6.02), confidence=0.9, metre=Metre(beats_per_bar=4, confidence=0.9))
    track = with_analysis(
        bars=bars, detected_cues=(spotted("first_beat", 0.01), spotted("drop", 3.2599), spotted("break", 7.0))
    )
    track = replace(track, imported=ImportedValues(cues=(CuePoint(position_s=100.0, kind="loop", length_s=2.0),)))
    record = track.to_record(cues=True)["cues"]
    assert [(cue["kind"], cue["bar"], cue["source"]) for cue in record] == [
        ("first_beat", 0, "detected"), ("drop", 2, "detected"), ("break", 3, "detected"), ("loop", 3, "imported"),
    ]  # fmt: skip
    assert record[1] == {
        "kind": "drop", "position_s": 3.2599, "bar": 2, "name": "Drop", "number": None, "length_s": None, "color": None,
        "reason": "it sounds so", "confidence": 0.9, "source": "detected",
    }  # fmt: skip
    assert (record[3]["length_s"], record[3]["confidence"]) == (2.0, None)
    assert "cues" not in track.to_record()
    track = with_analysis(detected_cues=(spotted("drop", 9.0),))
    assert [cue["bar"] for cue in track.to_record(cues=True)["cues"]] == [None]
    assert replace(SOUND, analysis=None).to_record(cues=True)["cues"] == []
    assert (bar_length_s(120.0, 3), bar_length_s(120.0, None), bar_length_s(None, 4)) == (1.5, 2.0, 2.0)

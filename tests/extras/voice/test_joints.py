"""Mix plans of tracks whose voices are known."""

from dataclasses import replace
from io import StringIO

import pytest
from extras.voice.cases import sung
from mixable_tracks import mixable_track
from rich.console import Console

from map4.cli.views.track_panel import track_panel
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_POINTS, Overview
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.track.cues import Span
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.exports.report.closeup import course_of
from map4.extras.voice.joints import two_voices
from map4.transitions.planning.plan import MixPair
from map4.transitions.planning.side import MixSide

FORM = ((0, "intro"), (16, "drop"), (40, "outro"), (48, "outro"))


def singing(track: Track, *spans: tuple[float, float]) -> Track:
    assert track.analysis is not None
    return replace(track, blocks={"voice": sung(*spans, duration_s=track.analysis.duration_s)})


def planned(a: Track, b: Track) -> MixPlan:
    plan = MixPair.of(MixSide.of(a), MixSide.of(b)).plan()  # type: ignore[arg-type]
    assert isinstance(plan, MixPlan)
    return plan


def test_two_voices_last_as_long_as_both_sing_on_the_clock_of_the_first() -> None:
    a = singing(mixable_track("a.wav"), (0.0, 90.0), (100.0, 110.0))
    b = singing(mixable_track("b.wav"), (4.0, 20.0))
    cases = [
        ((80.0, 100.0, 0.0, 20.0), 6.0),  # until the first is silent
        ((80.0, 100.0, 0.0, 40.0), 8.0),  # at twice the speed
        ((90.0, 100.0, 0.0, 10.0), 0.0),
        ((95.0, 125.0, 0.0, 30.0), 10.0),
    ]
    both_s = two_voices(a, b)
    assert both_s is not None
    assert [both_s(*overlap) for overlap, _ in cases] == pytest.approx([expected for _, expected in cases])


def test_plan_avoids_two_voices_and_marks_those_from_imports() -> None:
    a, b = mixable_track("a.wav", phrases=FORM), mixable_track("b.wav", phrases=FORM)
    before = planned(a, b)
    assert before.unchecked[0] == "vocals"
    until_s = before.leave.at_s + 0.4 * before.lasts_s
    a, b = singing(a, (10.0, until_s)), singing(b, (0.5, 100.0))
    plan = planned(a, b)
    assert "vocals" not in plan.unchecked
    assert plan.leave.at_s >= until_s - 1.0
    assert [against for against in plan.against if against.kind == "vocals"] == []
    a, b = (singing(mixable_track(name, phrases=FORM), (0.0, 200.0)) for name in ("a.wav", "b.wav"))
    plan = planned(a, b)
    [against] = [against for against in plan.against if against.kind == "vocals"]
    assert against.text == f"two voices, {plan.lasts_s:.0f} s"
    imported = ImportedValues(vocals=(Span(start_s=0.0, end_s=300.0),))
    a = replace(mixable_track("a.wav"), imported=imported)
    assert two_voices(a, mixable_track("b.wav")) is None
    assert planned(a, a).against[-1].kind == "vocals"
    assert planned(singing(a), a).against == planned(singing(a), singing(a)).against


def test_first_and_last_vocal_are_suggested_cue_points() -> None:
    track = mixable_track("a.wav")
    assert track.cues() == ()
    cues = singing(track, (20.0, 40.0), (60.0, 90.0)).cues()
    assert [(cue.kind, cue.point.name, cue.point.position_s, cue.source) for cue in cues] == [
        ("first_vocal", "First vocal", 20.0, "detected"), ("last_vocal", "Last vocal", 90.0, "detected"),
    ]  # fmt: skip
    assert singing(track).cues() == ()


def test_panel_and_strip_show_voices() -> None:
    track = singing(mixable_track("a.wav"), (20.0, 40.0), (60.0, 90.0))
    assert track.analysis is not None
    empty = Overview(low=bytes(OVERVIEW_POINTS), mid=bytes(OVERVIEW_POINTS), high=bytes(OVERVIEW_POINTS),
                     energy=bytes(ENERGY_POINTS))  # fmt: skip
    track = replace(track, analysis=replace(track.analysis, overview=empty))
    [figure] = course_of(track, "camelot")
    assert "voices: voice from 0:20, voice from 1:00" in figure.description
    console = Console(width=80, file=StringIO())
    console.print(track_panel(track, notation="camelot"))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "voices" in shown
    assert "0:20, 1:00" in shown

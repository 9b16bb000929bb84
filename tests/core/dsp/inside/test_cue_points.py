"""Cue points of music whose parts are known."""

from dataclasses import replace

import pytest
from phrased_track import BAR_S, HOUSE, Heard, Part, heard

from map4.core.dsp.inside.cue_points import MOST_CUES, suggest_cues
from map4.core.dsp.inside.phrases import estimate_structure
from map4.core.music.analysis.inside import DetectedCue, Phrase, Structure


def structure_of(track: Heard) -> Structure:
    return estimate_structure(track.spectra, track.notes, track.rhythm, track.bars, track.energy)


def cues_of(parts: tuple[Part, ...]) -> dict[str, DetectedCue]:
    track = heard(parts)
    cues = suggest_cues(structure_of(track), track.bars, track.rhythm, track.spectra, 0.0)
    assert [cue.position_s for cue in cues] == sorted(cue.position_s for cue in cues)
    return {cue.kind: cue for cue in cues}


def test_dance_track_gets_cues_where_parts_change_and_drums_enter() -> None:
    cues = cues_of(HOUSE)
    bars = {kind: cue.position_s / BAR_S for kind, cue in cues.items()}
    assert bars["mix_in"] == 0
    assert bars["first_beat"] == pytest.approx(0.0, abs=0.05)
    assert bars["drop"] == 36
    assert bars["outro"] == bars["mix_out"] == 52
    assert cues["drop"].reason.startswith("bar 37: drums and bass return after")
    assert all(0.0 < cue.confidence <= 1.0 for cue in cues.values())
    cues = cues_of(((8, "c"), (16, "d"), (16, "dcl"), (8, "c"), (16, "dcl"), (8, "c")))
    assert cues["mix_in"].position_s == 8 * BAR_S
    assert cues["mix_in"].reason == "bar 9: drums or bass enter after 8 bars"
    # The last phrase has none: the mix out lies over the drums before it.
    assert cues["mix_out"].position_s < 64 * BAR_S
    assert cues["mix_out"].position_s >= 48 * BAR_S


def test_tracks_without_drums_phrases_or_beats_get_fewer_cues() -> None:
    cues = cues_of(((8, "c"), (8, "cl"), (8, "c"), (8, "cl"), (8, "c")))
    assert set(cues) <= {"first_beat", "mix_in", "mix_out", "outro"}
    track = heard(HOUSE)
    for bars in (track.bars, None):
        cues = suggest_cues(None, bars, track.rhythm, track.spectra, 0.0)
        assert [cue.kind for cue in cues] == ["first_beat"]
    assert suggest_cues(structure_of(track), None, track.rhythm, track.spectra, 0.0)[0].kind == "first_beat"
    track = heard(HOUSE)
    rhythm = replace(track.rhythm, beats_s=(), tempo=None, grid=None)
    assert suggest_cues(None, None, rhythm, track.spectra, 0.0) == ()


def test_suggested_cues_are_limited_and_not_before_the_first_sound() -> None:
    track = heard(HOUSE)
    (cue,) = suggest_cues(None, None, track.rhythm, track.spectra, 3.2)
    assert cue.position_s == next(beat for beat in track.rhythm.beats_s if beat >= 3.1)
    (cue,) = suggest_cues(None, None, track.rhythm, track.spectra, None)
    assert cue.position_s == track.rhythm.beats_s[0]
    names = ("intro", None, *(("break", "drop") * 6), "outro")
    phrases = tuple(
        Phrase(
            start_s=4 * BAR_S * place,
            end_s=4 * BAR_S * (place + 1),
            bars=4,
            group="A",
            role=role,  # type: ignore[arg-type]
            energy=0.5,
            confidence=1.0,
        )
        for place, role in enumerate(names)
    )
    cues = suggest_cues(Structure(phrases=phrases, confidence=1.0), track.bars, track.rhythm, track.spectra, 0.0)
    kinds = [cue.kind for cue in cues]
    assert len(kinds) == MOST_CUES
    assert kinds.count("drop") == 3
    assert {"first_beat", "mix_in", "mix_out", "outro", "break"} <= set(kinds)

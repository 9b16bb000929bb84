"""Suggested cue points, and patterns of drums."""

from dataclasses import replace

import numpy as np
import pytest
from phrased_track import BAR_S, HOUSE, Heard, Part, heard
from signals import drum_loop, silence

from map4.core.dsp.inside.cue_points import MOST_CUES, suggest_cues
from map4.core.dsp.inside.drum_pattern import drum_pattern
from map4.core.dsp.inside.phrases import estimate_structure
from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.music.analysis.inside import Bars, DetectedCue, DrumPattern, Metre, Phrase, Structure
from map4.transitions.planning.plan import drum_clashes, kick_likeness

FIRST_BEAT_S = 0.3
SECONDS = 30.0


def pattern_of(name: str, bpm: float = 125.0, *, metre: int = 4, first_bar: int = 0) -> DrumPattern | None:
    spectra = SpectralPass()
    spectra.feed(silence(SECONDS) if name == "silence" else drum_loop(bpm, SECONDS, pattern=name, first_beat_s=0.3))  # type: ignore[arg-type]
    beats = tuple((FIRST_BEAT_S + np.arange(int((SECONDS - 1.0) * bpm / 60.0)) * 60.0 / bpm).tolist())
    bars = Bars(downbeats_s=beats[first_bar::metre], confidence=0.9, metre=Metre(beats_per_bar=metre, confidence=0.9))
    return drum_pattern(onset_envelopes(spectra.finish().mel_power), beats, bars)


def made(name: str, bpm: float = 125.0) -> DrumPattern:
    return pattern_of(name, bpm)


@pytest.mark.parametrize("bpm", [90.0, 125.0, 140.0])
@pytest.mark.parametrize(
    ("name", "kicks", "others"),
    [
        ("four_on_the_floor", (0, 4, 8, 12), (2, 6, 7, 10)),
        ("rock", (0, 8, 10), (2, 3, 6, 14)),
        ("breakbeat", (0, 2, 10, 11), (6, 8, 14)),
    ],
)
def test_kicks_are_on_their_sixteenths(name: str, bpm: float, kicks: tuple[int, ...], others: tuple[int, ...]) -> None:
    kick = made(name, bpm).kick
    assert min(int(kick[slot], 16) for slot in kicks) >= 5
    assert max(int(kick[slot], 16) for slot in others) <= 2


@pytest.mark.parametrize("bpm", [90.0, 125.0])
def test_a_shuffle_is_swung_and_the_others_are_straight(bpm: float) -> None:
    assert made("shuffle", bpm).swing == pytest.approx(2 / 3, abs=0.02)
    for name in ("four_on_the_floor", "rock", "breakbeat"):
        assert made(name, bpm).swing == pytest.approx(0.5, abs=0.03)


def test_drum_patterns_clash_rotate_with_the_bar_and_need_bars_of_four() -> None:
    four, rock, broken, shuffle = (made(name) for name in ("four_on_the_floor", "rock", "breakbeat", "shuffle"))
    assert kick_likeness(four, made("four_on_the_floor", 120.0)) > 0.99
    assert drum_clashes(four, rock) == []
    assert [clash.kind for clash in drum_clashes(four, broken)] == ["drums"]
    assert "swing" in [clash.kind for clash in drum_clashes(rock, shuffle)]
    turned = pattern_of("breakbeat", first_bar=2)
    kick = made("breakbeat").kick
    near = [abs(int(a, 16) - int(b, 16)) for a, b in zip(kick[8:] + kick[:8], turned.kick, strict=True)]
    assert max(near) <= 2
    assert pattern_of("rock", metre=3) is None
    assert pattern_of("rock", bpm=30.0) is None
    assert pattern_of("silence") == DrumPattern(kick="0" * 16, swing=None)


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

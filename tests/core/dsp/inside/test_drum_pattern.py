"""Patterns of drum loops whose hits are known."""

import numpy as np
import pytest
from signals import drum_loop, silence

from map4.core.dsp.inside.drum_pattern import drum_pattern
from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.music.analysis.inside import Bars, DrumPattern, Metre
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

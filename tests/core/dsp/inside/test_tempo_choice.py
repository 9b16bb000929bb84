"""A whole track is told at the most probable of a tempo, its half and its double; nothing else is touched."""

import math

import numpy as np
import pytest
from support.small_band import band, heard

from map4.core.dsp.inside.bars import find_bars
from map4.core.dsp.inside.certainty import MOST_FAST
from map4.core.dsp.inside.tempo_choice import (
    FIRST,
    MOST_BAR_ODDS,
    NUMBERS,
    ChoiceWeights,
    choose_tempo,
    counted_at,
    first_numbers,
    level_variation,
    octaves_of,
)
from map4.core.dsp.rhythm.rhythm import Rhythm
from map4.core.dsp.rhythm.tempo import candidate_bpm, distribute
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra

WHOLE_S, EXCERPT_S = 64.0, 40.0
TOLERANCE_BPM = 0.05


def played(bpm: float, seconds: float = WHOLE_S, *, notes: bool = True) -> tuple[Spectra, Notes, Rhythm]:
    """A small band in four at a tempo."""
    places = [number % 4 for number in range(round(seconds * bpm / 60.0))]
    return heard(band(places, beat_s=60.0 / bpm, notes=notes)[0])


def liking(log_odds: float) -> ChoiceWeights:
    """Weights by which each octave up is more probable by these log odds, whatever is heard."""
    first, every = np.zeros(FIRST), np.zeros(NUMBERS)
    first[2] = every[2] = log_odds
    return ChoiceWeights(first=first, all=every)


def test_tempo_beyond_the_candidates_has_its_probability_as_confidence() -> None:
    spectra, notes, before = played(316.0)
    after, counted = choose_tempo(spectra, notes, before, liking(2.0))

    tempi = [before.tempo.bpm, after.tempo.bpm, after.grid.bpm]
    assert tempi == pytest.approx([158.0, 316.0, 316.0], abs=TOLERANCE_BPM)
    assert len(after.beats_s) == pytest.approx(2 * len(before.beats_s), abs=2)
    assert counted.beats_s.tolist() == list(after.beats_s)
    assert after.tempo.confidence == MOST_FAST < 0.9
    spectra, notes, before = played(118.0)
    after, _ = choose_tempo(spectra, notes, before, liking(-1.0))
    odds = [math.exp(step) for step in (1.0, 0.0, -1.0)]

    assert after.tempo.bpm == pytest.approx(59.0, abs=TOLERANCE_BPM)
    assert after.tempo.confidence == pytest.approx(odds[0] / sum(odds), abs=1e-3)
    assert {round(other.bpm) for other in after.tempo.alternatives} >= {118}
    assert all(other.confidence <= after.tempo.confidence for other in after.tempo.alternatives)


def test_slowed_features_but_no_first_sound_or_shipped_weights_change_a_tempo(monkeypatch: pytest.MonkeyPatch) -> None:
    spectra, notes, before = played(110.0)
    every = np.zeros(NUMBERS)
    every[-1] = 3.0
    after, _ = choose_tempo(spectra, notes, before, ChoiceWeights(first=np.zeros(FIRST), all=every))

    assert after.tempo.bpm == pytest.approx(110.0, abs=TOLERANCE_BPM)
    assert after.tempo.confidence > 0.9
    odds = []
    for opens in (0.0, 1.0):
        monkeypatch.setattr(
            "map4.core.dsp.inside.tempo_choice.opening", lambda *_, opens=opens: (before.beats_s[0], opens)
        )
        odds.append(counted_at(spectra, notes, before, 110.0).bar_odds)

    assert odds[0] == odds[1] < MOST_BAR_ODDS
    after, counted = choose_tempo(spectra, notes, before)

    assert after.beats_s == before.beats_s
    assert after.tempo.confidence > 0.9
    assert find_bars(spectra, notes, after, counted) == find_bars(spectra, notes, after)


def test_varied_level_is_weighed_with_the_tempo() -> None:
    spectra, _, before = played(118.0)
    variation = level_variation(spectra.mel_power)
    quiet, even = (Packed.of(rows) for rows in (spectra.mel_power[:] * np.float32(0.01), np.ones((9, 40), np.float32)))
    assert first_numbers(spectra, before, [64.0, 256.0])[:, -1] == pytest.approx([-variation, variation])
    assert level_variation(quiet) == pytest.approx(variation, rel=0.01)
    assert level_variation(even) < 1e-6 < variation


@pytest.mark.parametrize(("seconds", "notes"), [(EXCERPT_S, True), (WHOLE_S, False)], ids=["an excerpt", "drums alone"])
def test_excerpts_and_music_without_notes_keep_their_tempo(seconds: float, notes: bool) -> None:
    spectra, pitches, before = played(222.0, seconds, notes=notes)
    assert choose_tempo(spectra, pitches, before, liking(2.0)) == (before, None)


def test_choice_redistributes_only_the_probability_of_listed_tempi_in_range() -> None:
    scores = np.full(candidate_bpm().size, -30.0, dtype=np.float32)
    for bpm, share in ((87.0, 0.5), (174.0, 0.2), (116.0, 0.3)):
        scores[int(np.abs(np.log2(candidate_bpm() / bpm)).argmin())] = math.log(share)
    before = distribute(scores)
    after = before.redistributed({87.0: 0.1, 174.0: 0.6, 300.0: 0.3}, 174.0)

    assert after.bpm == 174.0
    assert after.probability(116.0) == pytest.approx(before.probability(116.0))
    chances = [after.probability(bpm) for bpm in (87.0, 174.0, 300.0)]
    assert chances == pytest.approx([0.07, 0.42, 0.21], abs=1e-6)
    assert [*map(octaves_of, (60.0, 128.0, 200.0))] == [[60.0, 120.0], [128.0, 64.0, 256.0], [200.0, 100.0]]

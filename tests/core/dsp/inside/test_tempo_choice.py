"""The choice of a tempo, and how certain it is."""

import math
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from support.small_band import BEAT_S, band, heard

from map4.core.dsp.inside.bars import find_bars
from map4.core.dsp.inside.certainty import (
    BAR_FITS,
    CLEAR_BEATS,
    CLEAR_SLOW_BEATS,
    MOST_DOUBTED,
    MOST_HALVED,
    MOST_PLAYED,
    PLAYED_TEMPO,
    Kind,
    bar_certainty,
    kind_of,
    log_odds,
    most_certain,
    with_tempo_certainty,
)
from map4.core.dsp.inside.certainty import FAST_BPM as DOUBTED_FROM_BPM
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
from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ
from map4.core.dsp.rhythm.rhythm import Rhythm
from map4.core.dsp.rhythm.tempo import candidate_bpm, distribute
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra

WHOLE_BEATS = 140
SLOW_BPM, MIDDLE_BPM, FAST_BPM = 90.0, 104.0, 150.0


@cache
def whole(bpm: float = 60.0 / BEAT_S) -> tuple[Spectra, Notes, Rhythm]:
    """A small band of a minute and more that keeps to a grid."""
    count = round(WHOLE_BEATS * bpm * BEAT_S / 60.0)
    return heard(band([number % 4 for number in range(count)], beat_s=60.0 / bpm)[0])


def hearing(rhythm: Rhythm, between: float) -> Rhythm:
    """The rhythm as if the network heard .8 of a beat at the beats, and so much halfway between them."""
    beats_s = np.array(rhythm.beats_s)
    frames = np.arange(rhythm.network.activation.size)
    to_beat_s = np.abs(frames[:, None] / BEAT_RATE_HZ - beats_s[None, :]).min(axis=1)
    near_s = 0.25 * float(np.median(np.diff(beats_s)))
    activation = np.where(to_beat_s < near_s, 0.8, between).astype(np.float32)
    return replace(rhythm, network=replace(rhythm.network, activation=activation))


def of_kind(kind: Kind, rhythm: Rhythm) -> Rhythm:
    """A whole track of a machine, or without its grid."""
    return rhythm if kind is Kind.MACHINE else replace(rhythm, grid=None)


def sounding_as(kind: Kind) -> Spectra:
    """The same band as drums alone, as an excerpt, or whole."""
    spectra, _, _ = whole()
    drums, excerpt = replace(spectra, tuning_strength=0.02), replace(spectra, n_samples=spectra.n_samples // 2)
    return {Kind.DRUMS: drums, Kind.EXCERPT: excerpt}.get(kind, spectra)


def so_sure(rhythm: Rhythm, confidence: float) -> Rhythm:
    others = tuple(replace(other, confidence=0.5 * (1.0 - confidence)) for other in rhythm.tempo.alternatives)
    return replace(rhythm, tempo=replace(rhythm.tempo, confidence=confidence, alternatives=others))


def tempo_odds(spectra: Spectra, rhythm: Rhythm) -> float:
    return log_odds(with_tempo_certainty(spectra, rhythm).tempo.confidence)


def test_certainty_of_bars_is_calibrated_by_kind_length_and_tempo() -> None:
    spectra, _, rhythm = whole()
    assert kind_of(spectra, rhythm) is Kind.MACHINE
    assert kind_of(spectra, replace(rhythm, grid=None)) is Kind.PLAYED
    assert kind_of(replace(spectra, n_samples=spectra.n_samples // 2), rhythm) is Kind.EXCERPT
    assert kind_of(replace(spectra, tuning_strength=0.02), rhythm) is Kind.DRUMS
    for kind, between, of_tempo in product(Kind, (0.05, 0.4), (0.5, 1.0)):
        rhythm, fit = so_sure(of_kind(kind, whole()[2]), of_tempo), BAR_FITS[kind]
        certainty = bar_certainty(0.9, sounding_as(kind), hearing(rhythm, between)) / of_tempo
        wanted = fit.shift + fit.odds * np.log(9.0) + fit.contrast * np.log(0.8 / between)
        assert log_odds(certainty) == pytest.approx(wanted, abs=0.02)
    spectra, notes, rhythm = whole()
    rhythm = so_sure(rhythm, 1.0)
    bars_found = [find_bars(spectra, notes, hearing(rhythm, between))[1] for between in (0.05, 0.8)]

    clear, blurred = (log_odds(bars.confidence) for bars in bars_found if bars is not None)
    assert clear - blurred == pytest.approx(BAR_FITS[Kind.MACHINE].contrast * np.log(16.0), abs=0.02)


@pytest.mark.parametrize(("bpm", "more"), [(SLOW_BPM, 0.0), (FAST_BPM, PLAYED_TEMPO.fast)])
def test_certainty_of_a_tempo_without_a_grid_is_calibrated(bpm: float, more: float) -> None:
    for confidence in [0.3, 0.7, 0.95, 0.99]:
        spectra, _, rhythm = whole(bpm)
        odds = tempo_odds(spectra, so_sure(of_kind(Kind.PLAYED, rhythm), confidence))
        wanted = PLAYED_TEMPO.shift + PLAYED_TEMPO.odds * log_odds(confidence) + more
        assert odds == pytest.approx(min(wanted, log_odds(MOST_PLAYED)))


def test_sections_at_half_the_tempo_and_alternatives_share_the_certainty() -> None:
    spectra, _, rhythm = whole(MIDDLE_BPM)
    half = whole(0.5 * MIDDLE_BPM)[2]
    rhythm = so_sure(of_kind(Kind.PLAYED, rhythm), 0.3)

    before, after = (
        tempo_odds(spectra, rhythm_form) for rhythm_form in (rhythm, replace(rhythm, envelopes=half.envelopes))
    )

    assert after - before == pytest.approx(PLAYED_TEMPO.halved * MOST_HALVED, abs=0.2)
    for confidence in (0.3, 0.6, 0.9):
        spectra, _, rhythm = whole(SLOW_BPM)
        rhythm = so_sure(of_kind(Kind.PLAYED, rhythm), confidence)

        tempo = with_tempo_certainty(spectra, rhythm).tempo

        assert tempo.bpm == rhythm.tempo.bpm
        assert [other.bpm for other in tempo.alternatives] == [other.bpm for other in rhythm.tempo.alternatives]
        share = min(tempo.confidence, 0.5 * (1.0 - tempo.confidence))
        assert [other.confidence for other in tempo.alternatives] == pytest.approx([share, share])


@pytest.mark.parametrize("kind", [Kind.EXCERPT, Kind.DRUMS, Kind.MACHINE])
def test_certainty_is_unchanged_for_excerpts_drums_and_grids(kind: Kind) -> None:
    _, _, rhythm = whole()
    assert with_tempo_certainty(sounding_as(kind), rhythm) is rhythm


@pytest.mark.parametrize(("bpm", "contrast", "is_certain"), [
    (120.0, CLEAR_BEATS, True),
    (120.0, CLEAR_BEATS - 0.1, False),
    (165.0, CLEAR_BEATS - 0.1, False),
    (166.0, -2.0, True),
    (109.0, CLEAR_SLOW_BEATS, True),
    (109.0, CLEAR_SLOW_BEATS - 0.1, False),
    (DOUBTED_FROM_BPM, 9.0, False),
])  # fmt: skip
def test_tempo_with_its_double_in_range_is_certain_only_with_clear_beats(
    bpm: float, contrast: float, is_certain: bool
) -> None:
    assert most_certain(bpm, contrast) == (1.0 if is_certain else MOST_DOUBTED)


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
    assert after.tempo.confidence == MOST_DOUBTED < 0.9
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

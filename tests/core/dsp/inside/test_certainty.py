"""How sure tempo and bars are told depends on the kind of music, which the sound tells."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from support.small_band import BEAT_S, band, heard

from map4.core.dsp.inside.bars import find_bars
from map4.core.dsp.inside.certainty import (
    BAR_FITS,
    MOST_HALVED,
    MOST_PLAYED,
    PLAYED_TEMPO,
    Kind,
    bar_certainty,
    kind_of,
    log_odds,
    with_tempo_certainty,
)
from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ
from map4.core.dsp.rhythm.rhythm import Rhythm
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

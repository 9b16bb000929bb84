"""Phrases: how boundaries are scored and chosen, and what is between them."""

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from phrased_track import BAR_S, HOUSE, Heard, Part, heard

from map4.core.dsp import network
from map4.core.dsp.inside.bar_pictures import BarPictures, picture_bars
from map4.core.dsp.inside.boundary_scorer import (
    LAGS,
    WEIGHTS_FILE,
    boundary_evidence,
    boundary_probabilities,
    choose_boundaries,
    context_rows,
    read_weights,
    score_in_context,
    shipped_weights,
    where_it_returns,
)
from map4.core.dsp.inside.phrases import LEAST_BARS, estimate_structure
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import Bars, Structure


def pictures(beats: int = 4) -> BarPictures:
    track = heard(HOUSE)
    edges_s = np.array([*track.bars.downbeats_s, track.spectra.duration_s])
    return picture_bars(edges_s, beats, track.spectra, track.rhythm.envelopes.bands, track.notes.peaks)


def test_bars_are_compared_at_each_lag_and_silence_is_finite() -> None:
    bars = pictures()
    lagged = context_rows(bars)[:, -2 * len(LAGS) :].reshape(60, len(LAGS), 2)  # of the tune
    tune = bars.streams[3]
    lag = LAGS.index(16)
    assert lagged[40, lag, 0] == pytest.approx(tune[40] @ tune[24], abs=1e-6)
    assert lagged[40, lag, 1] == pytest.approx(tune[40] @ tune[56], abs=1e-6)
    assert (lagged[:16, lag, 0] == 0.0).all()
    assert (lagged[-16:, lag, 1] == 0.0).all()
    silent = replace(bars, **{name: np.zeros_like(getattr(bars, name)) for name in ("rhythm", "harmony", "tune")})
    numbers = np.concatenate([boundary_evidence(silent), context_rows(silent)], axis=1)
    scores = score_in_context(numbers, where_it_returns(silent), shipped_weights().context)
    assert np.isfinite(scores).all()


def test_repeated_sound_is_a_return_and_rows_have_one_length() -> None:
    rng = np.random.default_rng(3)
    verse = {name: rng.random((8, size)).astype(np.float32) for name, size in (("harmony", 48), ("tune", 192))}
    others = {name: rng.random((24, rows.shape[1])).astype(np.float32) for name, rows in verse.items()}
    song = {name: np.concatenate([rows, others[name], rows]) for name, rows in verse.items()}
    shares = where_it_returns(replace(pictures().part(0, 40), **song))
    assert (shares.sum(axis=1) < 1.0).all()
    assert shares[4].argmax() == 36
    assert shares[36].argmax() == 4
    # The bars next to it are no return.
    assert (shares[4, 1:8] == 0.0).all()
    for beats in (2, 3, 4, 5, 7):
        rows = context_rows(pictures(beats))
        assert rows.shape == (60, 180)
        assert np.isfinite(rows).all()


def test_boundary_probabilities_are_sums_over_segmentations_with_a_prior() -> None:
    lengths = np.array([[0.0, 0.1, 0.2, 0.4, 0.3]])
    weights = replace(shipped_weights(), lengths=lengths, trust=1.0)
    scores = np.array([0.0, 0.3, -0.5, 1.2, 0.1, -1.0])
    total, sums = 0.0, np.zeros(6)
    for count in range(6):
        for inner in combinations(range(1, 6), count):
            edges = [0, *inner, 6]
            spans = np.diff(edges)
            if spans.max() > 4:
                continue
            chance = np.prod(lengths[0][spans]) * np.exp(scores[list(inner)].sum())
            total += chance
            sums[list(edges[:-1])] += chance
    assert boundary_probabilities(scores, weights) == pytest.approx(sums / total)
    probability = boundary_probabilities(np.zeros(64), shipped_weights())
    assert probability[0] == pytest.approx(1.0)
    assert probability[8] > probability[7]
    assert probability[8] > probability[9]
    rng = np.random.default_rng(1)
    scores = rng.normal(0.0, 3.0, 6000)
    probability = boundary_probabilities(scores, shipped_weights())
    assert np.isfinite(probability).all()
    # The beginning knows nothing of the end.
    assert probability[:300] == pytest.approx(boundary_probabilities(scores[:600], shipped_weights())[:300], abs=1e-3)


def test_boundaries_of_greatest_f_are_chosen_by_small_normalised_weights() -> None:
    assert choose_boundaries(np.array([1.0, 0.1, 0.9, 0.05, 0.8])).tolist() == [0, 2, 4]
    # Where much is doubtful, more is told.
    assert choose_boundaries(np.array([1.0, 0.4, 0.1, 0.4, 0.1, 0.4])).tolist() == [0, 1, 3, 5]
    assert choose_boundaries(np.array([1.0])).tolist() == [0]
    path = Path(network.__file__).parent / WEIGHTS_FILE
    weights = read_weights(path)
    assert weights.lengths.sum(axis=1) == pytest.approx(1.0)
    assert path.stat().st_size < 150_000


SONG: tuple[Part, ...] = ((4, "c"), (8, "dc"), (8, "dcl"), (8, "dc"), (8, "dcl"), (8, "dc"))


def structure_of(track: Heard, bars: Bars | None) -> Structure | None:
    return estimate_structure(track.spectra, track.notes, track.rhythm, bars, track.energy)


def phrases_of(parts: tuple[Part, ...], *, confidence: float = 1.0) -> Structure:
    track = heard(parts, confidence=confidence)
    return structure_of(track, track.bars)


@pytest.mark.parametrize("parts", [HOUSE, SONG], ids=["house", "song"])
def test_phrases_begin_where_parts_enter_or_leave(parts: tuple[Part, ...]) -> None:
    starts = {phrase.start_s for phrase in phrases_of(parts).phrases}
    begins = np.concatenate([[0], np.cumsum([bars for bars, _ in parts])[:-1]])
    assert starts >= set((begins * BAR_S).tolist())
    # Parts of eight bars and more may be cut into halves, and nothing anywhere else.
    halves = {(begin + bars / 2) * BAR_S for begin, (bars, _) in zip(begins.tolist(), parts, strict=True) if bars >= 8}
    assert starts - set((begins * BAR_S).tolist()) <= halves


def test_phrases_are_whole_bars_as_confident_as_these_with_letters() -> None:
    phrases = phrases_of(HOUSE).phrases
    assert all(before.end_s == after.start_s for before, after in pairwise(phrases))
    assert phrases[-1].end_s == sum(bars for bars, _ in HOUSE) * BAR_S
    assert sum(phrase.bars for phrase in phrases) == sum(bars for bars, _ in HOUSE)
    assert all((phrase.end_s - phrase.start_s) == phrase.bars * BAR_S for phrase in phrases)
    group = {phrase.start_s / BAR_S: phrase.group for phrase in phrases_of(SONG).phrases}
    assert group[0] == "A"
    assert group[4] == group[20] == group[36]
    assert group[12] == group[28]
    assert len({group[0], group[4], group[12]}) == 3
    sure, doubtful = phrases_of(HOUSE), phrases_of(HOUSE, confidence=0.5)
    assert doubtful.confidence == pytest.approx(0.5 * sure.confidence)
    assert [p.confidence for p in doubtful.phrases] == pytest.approx([0.5 * p.confidence for p in sure.phrases])
    assert all(0.0 < phrase.confidence <= 1.0 for phrase in sure.phrases)


def test_roles_follow_drums_and_bass_and_boundaries_no_level() -> None:
    at = {phrase.start_s / BAR_S: phrase for phrase in phrases_of(HOUSE).phrases}
    assert (at[0].role, at[32].role, at[36].role, at[52].role) == ("intro", "build", "drop", "outro")
    assert at[8].role is None
    assert at[36].energy > at[8].energy > at[0].energy > at[32].energy
    assert at[36].energy > at[24].energy
    track = heard(HOUSE)
    edges_s = np.array([*track.bars.downbeats_s, track.spectra.duration_s])

    def evidence(gain: float) -> np.ndarray:
        spectra = replace(track.spectra, mel_power=Packed.of(track.spectra.mel_power[:] * np.float32(gain)))
        return boundary_evidence(picture_bars(edges_s, 4, spectra, track.rhythm.envelopes.bands, track.notes.peaks))

    assert evidence(0.25) == pytest.approx(evidence(1.0), abs=1e-3)
    assert np.isfinite(evidence(0.0)).all()


def test_too_few_bars_give_no_structure_and_a_cut_or_late_bar_moves_no_phrase() -> None:
    track = heard(HOUSE)
    assert structure_of(track, None) is None
    few = replace(track.bars, downbeats_s=track.bars.downbeats_s[: LEAST_BARS - 1])
    assert structure_of(track, few) is None
    track = heard(HOUSE)
    bars = replace(track.bars, downbeats_s=tuple(t for t in track.bars.downbeats_s if t != 20.0))
    structure = structure_of(track, bars)
    assert {16.0, 48.0, 64.0, 72.0, 104.0} <= {phrase.start_s for phrase in structure.phrases}
    track = heard(HOUSE)
    bars = replace(track.bars, downbeats_s=track.bars.downbeats_s[1:])
    structure = structure_of(track, bars)
    assert structure.phrases[0].start_s == track.rhythm.beats_s[0]


def test_a_mix_of_hours_is_compared_in_windows() -> None:
    track = heard(HOUSE)
    count, repeats = len(track.bars.downbeats_s), 14
    times = tuple(BAR_S * bar for bar in range(count * repeats))
    spectra = replace(
        track.spectra,
        n_samples=track.spectra.n_samples * repeats,
        mel_power=Packed.of(np.tile(track.spectra.mel_power[:-1], (repeats, 1))),
    )
    # The frames of each repetition lie where its bars are to within a frame or two.
    drift_s = len(track.spectra.mel_power[:-1]) / spectra.frame_rate_hz - count * BAR_S
    assert abs(drift_s * repeats) < 0.1
    notes = replace(track.notes, peaks=np.tile(track.notes.peaks[:-1], (repeats, 1)))
    bands = np.tile(track.rhythm.envelopes.bands[:, :-1], (1, repeats))
    rhythm = replace(track.rhythm, envelopes=replace(track.rhythm.envelopes, bands=bands))
    bars = replace(track.bars, downbeats_s=times)
    structure = estimate_structure(spectra, notes, rhythm, bars, np.tile(track.energy, repeats))
    starts = {round(phrase.start_s / BAR_S) for phrase in structure.phrases}
    builds = {count * repeat + 36 for repeat in range(repeats)}
    assert len(builds & starts) >= repeats - 1

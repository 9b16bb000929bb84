"""The learned scorer: its arithmetic, the file it comes from, and what it says about metronomes."""

from pathlib import Path

import numpy as np
import pytest
from signals import Signal, clicks, drum_loop
from spectra import spectra_of

from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.rhythm.tempo import candidate_bpm, distribute
from map4.core.dsp.rhythm.tempo_scorer import (
    BUMP_BPM,
    BUMP_OCTAVES,
    EVIDENCE,
    RATIOS,
    ROWS,
    TempoWeights,
    read_weights,
    score_candidates,
    shipped_weights,
    tempo_evidence,
)
from map4.core.dsp.rhythm.tempogram import GRID_BINS, Tempogram, compute_tempogram, grid_bpm

ARRAYS = ("hidden", "hidden_bias", "output", "direct")


def tempogram_of(y: Signal) -> Tempogram:
    return compute_tempogram(onset_envelopes(spectra_of(y).mel_power))


def weights(**changes: object) -> TempoWeights:
    values: dict[str, object] = {
        "version": 7,
        "hidden": np.zeros((EVIDENCE, 2), dtype=np.float32),
        "hidden_bias": np.zeros(2, dtype=np.float32),
        "output": np.zeros(2, dtype=np.float32),
        "direct": np.zeros(EVIDENCE, dtype=np.float32),
        "temperature": 1.0,
    }
    return TempoWeights(**{**values, **changes})  # type: ignore[arg-type]


def naive_scores(tempogram: Tempogram, learned: TempoWeights) -> list[float]:
    """The definition, number by number."""
    rows = np.concatenate([tempogram.autocorrelation, tempogram.fourier, tempogram.cross]).astype(np.float64)
    scores = []
    for bpm in candidate_bpm():
        evidence = []
        for ratio in RATIOS:
            place = round(36 * np.log2(bpm / 15.0)) + round(36 * np.log2(ratio))
            for row in rows:
                inside = 0 <= place < GRID_BINS
                evidence.append(max(row[max(0, place - 1) : place + 2]) if inside else 0.0)
        evidence += [np.exp(-0.5 * (np.log2(bpm / centre) / BUMP_OCTAVES) ** 2) for centre in BUMP_BPM]
        score = float(np.dot(evidence, learned.direct))
        for unit in range(learned.output.size):
            active = float(np.dot(evidence, learned.hidden[:, unit]) + learned.hidden_bias[unit])
            score += max(0.0, active) * float(learned.output[unit])
        scores.append(score / learned.temperature)
    return scores


def test_candidates_equal_those_scored_singly_and_shifts_leave_the_prior() -> None:
    tempogram = tempogram_of(drum_loop(97.0, 10.0, pattern="breakbeat"))
    np.testing.assert_allclose(score_candidates(tempogram), naive_scores(tempogram, shipped_weights()), atol=2e-3)
    rows = np.random.default_rng(1).random((3, 2, ROWS, GRID_BINS), dtype=np.float32)
    together = tempo_evidence(rows, shift=5)
    assert together.shape == (3, 2, candidate_bpm().size, EVIDENCE)
    np.testing.assert_array_equal(together[2, 1], tempo_evidence(rows[2, 1], shift=5))
    rows = np.random.default_rng(2).random((ROWS, GRID_BINS), dtype=np.float32)
    plain, shifted = tempo_evidence(rows), tempo_evidence(rows, shift=4)
    own = slice(RATIOS.index(1.0) * ROWS, (RATIOS.index(1.0) + 1) * ROWS)
    np.testing.assert_array_equal(shifted[:-4, own], plain[4:, own])
    np.testing.assert_array_equal(shifted[:, -len(BUMP_BPM) :], plain[:, -len(BUMP_BPM) :])


def test_direct_weights_select_their_evidence_and_units_are_rectified() -> None:
    row = np.zeros((ROWS, GRID_BINS), dtype=np.float32)
    at_240 = int(np.abs(grid_bpm() - 240.0).argmin())
    row[7, at_240] = 1.0
    tempogram = Tempogram(autocorrelation=row[:7], fourier=row[7:14], cross=row[14:])
    direct = np.zeros(EVIDENCE, dtype=np.float32)
    direct[RATIOS.index(2.0) * ROWS + 7] = 1.0  # onsets of the lowest band at twice the rate
    scores = score_candidates(tempogram, weights(direct=direct, temperature=0.5))
    assert candidate_bpm()[scores == 2.0] == pytest.approx([117.7, 120.0, 122.3], abs=0.1)
    assert np.count_nonzero(scores) == 3
    empty = np.zeros((ROWS, GRID_BINS), dtype=np.float32)
    tempogram = Tempogram(autocorrelation=empty[:7], fourier=empty[7:14], cross=empty[14:])
    bias, output = np.array([2.0, -2.0], dtype=np.float32), np.array([1.0, 10.0], dtype=np.float32)
    scores = score_candidates(tempogram, weights(hidden_bias=bias, output=output))
    np.testing.assert_array_equal(scores, 2.0)


def test_shipped_weights_are_whole_right_for_metronomes_and_others_refused(tmp_path: Path) -> None:
    shipped = shipped_weights()
    assert shipped is shipped_weights()
    assert shipped.version >= 1
    assert 0.5 <= shipped.temperature <= 3.0
    units = shipped.output.size
    assert [getattr(shipped, name).shape for name in ARRAYS] == [(EVIDENCE, units), (units,), (units,), (EVIDENCE,)]
    assert all(getattr(shipped, name).dtype == np.float32 for name in ARRAYS)
    assert all(np.isfinite(getattr(shipped, name)).all() for name in ARRAYS)
    assert sum(getattr(shipped, name).size for name in ARRAYS) <= 30_000
    other = {name: np.zeros((10, 2) if name == "hidden" else 10) for name in ARRAYS}
    pickled = {name: np.array([{}], dtype=object) for name in ARRAYS}
    for arrays, message in ((other, "are for 10 numbers, not 243"), (pickled, "allow_pickle")):
        np.savez(tmp_path / "tempo.npz", version=1, temperature=1.0, **arrays)
        with pytest.raises(ValueError, match=message):
            read_weights(tmp_path / "tempo.npz")
    for bpm in (40.0, 50.0, 60.0, 72.0, 80.0, 96.0, 104.0, 120.0, 138.0, 160.0, 184.0, 208.0, 220.0):
        found = distribute(score_candidates(tempogram_of(clicks(bpm, 20.0))))
        assert found.bpm == pytest.approx(bpm, rel=0.04)

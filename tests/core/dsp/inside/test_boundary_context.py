"""What the scorer of boundaries sees around a bar."""

from dataclasses import replace

import numpy as np
import pytest
from phrased_track import HOUSE, heard

from map4.core.dsp.inside.bar_pictures import BarPictures, picture_bars
from map4.core.dsp.inside.boundary_evidence import boundary_evidence
from map4.core.dsp.inside.boundary_scorer import LAGS, context_rows, score_in_context, shipped_weights, where_it_returns


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

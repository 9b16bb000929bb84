"""Tempo and key of one file by librosa, to compare with map4's; librosa is imported only here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from map4.compare.second_opinion import SecondOpinion
from map4.core.audio.decoder import load_decoder
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.tonal.key_scorer import KRUMHANSL, key_at, key_correlations
from map4.core.music.analysis.key import Key
from map4.errors import UsageError
from map4.version import Packages

MOST_SECONDS = 180.0
"""Maximum length from the start: librosa keeps several copies of the audio in memory."""
_HOP = 512
_LEAST_SECONDS = 3.0


def require_librosa() -> None:
    """Check that librosa has the packages that `light.txt` leaves out.

    raises UsageError: if it has not
    """
    if missing := [name for name in ("numba", "sklearn", "joblib") if find_spec(name) is None]:
        raise UsageError(Packages().missing("librosa needs", f"no {', '.join(missing)}"))


def librosa_opinion(path: str, *, decoder: str) -> SecondOpinion:
    """Estimate tempo and key of the first three minutes with librosa's beat tracker and Krumhansl's profiles on CQT
    chroma.

    decoder: decodes the file, as `module:callable`

    librosa compiles its beat tracker at the first call on a machine, which takes about 20 s.

    [1] Ellis, "Beat tracking by dynamic programming", J. New Music Research 36(1), 2007.
    [2] Krumhansl & Kessler, "Tracing the dynamic changes in perceived tonal organization", Psychological Review
        89(4), 1982.
    """
    require_librosa()
    import librosa
    import soxr

    with load_decoder(decoder)(path) as stream:
        resampler = soxr.ResampleStream(stream.sample_rate_hz, ShortWindow.SAMPLE_RATE_HZ, 1, dtype="float32")
        parts, left = [], int(MOST_SECONDS * stream.sample_rate_hz)
        for block in stream.blocks():
            mono = np.ascontiguousarray(block[:left].mean(axis=1, dtype=np.float32))
            left -= len(mono)
            parts.append(resampler.resample_chunk(mono, last=left <= 0))
            if left <= 0:
                break
        else:
            parts.append(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    y = np.concatenate(parts)
    if len(y) < _LEAST_SECONDS * ShortWindow.SAMPLE_RATE_HZ or not np.any(y):
        return SecondOpinion()
    tempo, beats = librosa.beat.beat_track(y=y, sr=ShortWindow.SAMPLE_RATE_HZ, hop_length=_HOP)
    bpm = float(np.atleast_1d(tempo)[0])
    chroma: Any = librosa.feature.chroma_cqt(y=y, sr=ShortWindow.SAMPLE_RATE_HZ, hop_length=_HOP)
    return SecondOpinion(bpm=bpm if len(beats) > 1 and bpm > 0 else None, key=best_profile(chroma.mean(axis=1)))


def best_profile(chroma: NDArray[np.floating[Any]]) -> Key | None:
    """The key whose Krumhansl-Kessler profile correlates best.

    chroma: shape=(12,), energy of the pitch classes from C
    returns: None for a flat chroma.
    """
    correlations = key_correlations(chroma, KRUMHANSL)
    return key_at(int(correlations.argmax())) if correlations.any() else None

"""librosa's beats and segments; it has no downbeats and no metre.

The segments are those of `librosa.segment.agglomerative` over beat-synchronous chroma, one for every eight bars of
four, as its documentation shows it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from lines import Estimates, serve
from with_librosa import version

BEATS_A_SEGMENT = 32


def estimate(path: str) -> Estimates:
    """Beats, every fourth of them from the first on, and segments."""
    import librosa

    y, sr = librosa.load(path)
    _, beats = librosa.beat.beat_track(y=y, sr=sr)
    if len(beats) < 2 * BEATS_A_SEGMENT:
        segments = []
    else:
        chroma = librosa.util.sync(librosa.feature.chroma_stft(y=y, sr=sr), beats)
        starts = librosa.segment.agglomerative(chroma, max(2, len(beats) // BEATS_A_SEGMENT))
        # The first column is what sounds before the first beat.
        segments = [float(librosa.frames_to_time(beats[max(0, at - 1)], sr=sr)) for at in starts]
    beats_s = [round(float(time_s), 4) for time_s in librosa.frames_to_time(beats, sr=sr)]
    ends = [beats_s[-1]] if segments else []
    return {"librosa": {"beats_s": beats_s, "downbeats_s": beats_s[::4], "boundaries_s": segments + ends}}


if __name__ == "__main__":
    serve(version, estimate)

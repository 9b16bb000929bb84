"""The plain librosa pipeline: load, beat_track, and the mean of chroma_cqt against the Krumhansl profiles."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from lines import Estimates, serve

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
"""Krumhansl & Kessler, "Tracing the dynamic changes in perceived tonal organization", 1982."""


def estimate(path: str) -> Estimates:
    """Tempo, beats and key of a file, mono at 22 050 Hz as `librosa.load` gives it."""
    import librosa

    y, sr = librosa.load(path)
    return {"librosa": describe(y, sr)}


def describe(y: Any, sr: float) -> dict[str, Any]:
    """Tempo, beats and key of samples."""
    import librosa
    import numpy as np

    tempo, frames = librosa.beat.beat_track(y=y, sr=sr)
    chroma = librosa.feature.chroma_cqt(y=y, sr=sr).mean(axis=1)
    correlations = {
        f"{NAMES[tonic]} {mode}": float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for mode, profile in PROFILES.items()
        for tonic in range(12)
    }
    beats_s = [round(float(time_s), 4) for time_s in librosa.frames_to_time(frames, sr=sr)]
    key = max(correlations, key=correlations.__getitem__) if np.ptp(chroma) > 0 else None
    return {"bpm": float(np.atleast_1d(tempo)[0]), "beats_s": beats_s, "key": key}


def version() -> str:
    """Name and version."""
    import librosa

    return f"librosa {librosa.__version__}"


if __name__ == "__main__":
    serve(version, estimate)

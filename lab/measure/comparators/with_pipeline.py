"""What programs around librosa usually compute: load, beat_track, chroma_cqt, and the common spectral features."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from lines import Estimates, serve
from with_librosa import describe, version


def estimate(path: str) -> Estimates:
    """Tempo, key and the means of the features of a file."""
    import librosa
    from librosa import feature

    y, sr = librosa.load(path)
    features = {
        "centroid": feature.spectral_centroid(y=y, sr=sr),
        "bandwidth": feature.spectral_bandwidth(y=y, sr=sr),
        "rolloff": feature.spectral_rolloff(y=y, sr=sr),
        "contrast": feature.spectral_contrast(y=y, sr=sr),
        "zero_crossings": feature.zero_crossing_rate(y),
        "level": feature.rms(y=y),
        "mfcc": feature.mfcc(y=y, sr=sr),
    }
    means = {name: float(values.mean()) for name, values in features.items()}
    return {"librosa pipeline": {**describe(y, sr), **means}}


if __name__ == "__main__":
    serve(version, estimate)

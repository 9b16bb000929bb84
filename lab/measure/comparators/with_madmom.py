"""madmom's neural trackers: beats, tempo and key, by the models that come with it.

madmom 0.16.1 was made for older Pythons. From its source package, in an environment of its own: `pip install
'numpy<1.24' 'scipy<1.11' 'cython<3' 'setuptools<70' wheel mido soundfile`; change `from collections import
MutableSequence` in `madmom/processors.py` to `collections.abc`, delete the `.c` files, so that they are made anew,
and run `pip install --no-build-isolation --no-deps .` there. Its models are licensed for uses that are not commercial
(CC BY-NC-SA): map4 only compares itself with them.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from lines import Estimates, serve

RATE_HZ = 44_100
"""What the models were trained at."""
FPS = 100
"""Of the beat activations."""

_loaded: dict[str, Any] = {}


def estimate(path: str) -> Estimates:
    """Beats by the dynamic Bayesian network, tempo by comb filters over the same activations, key by the CNN."""
    signal = signal_of(path)
    activations = _models()["activations"](signal)
    tempi = _models()["tempo"](activations)
    beats_s = _models()["beats"](activations)
    return {
        "madmom": {
            "bpm": float(tempi[0][0]) if len(tempi) and math.isfinite(tempi[0][0]) else None,
            "beats_s": [round(float(time_s), 4) for time_s in beats_s],
            "key": _key(signal),
        }
    }


def signal_of(path: str) -> Any:
    """Mono at 44.1 kHz; madmom itself reads most formats by calling FFmpeg, which may not be there."""
    import soundfile
    from madmom.audio.signal import Signal
    from scipy.signal import resample_poly

    y, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = y.mean(axis=1)
    if rate != RATE_HZ:
        divisor = math.gcd(rate, RATE_HZ)
        mono = resample_poly(mono, RATE_HZ // divisor, rate // divisor).astype("float32")
    return Signal(mono, sample_rate=RATE_HZ)


def _key(signal: Any) -> str:
    from madmom.features.key import key_prediction_to_label

    label: str = key_prediction_to_label(_models()["key"](signal))
    return label


def _models() -> dict[str, Any]:
    if not _loaded:
        from madmom.features.beats import DBNBeatTrackingProcessor, RNNBeatProcessor
        from madmom.features.key import CNNKeyRecognitionProcessor
        from madmom.features.tempo import TempoEstimationProcessor

        _loaded.update(
            activations=RNNBeatProcessor(),
            beats=DBNBeatTrackingProcessor(fps=FPS),
            tempo=TempoEstimationProcessor(fps=FPS),
            key=CNNKeyRecognitionProcessor(),
        )
    return _loaded


def version() -> str:
    """Name and version."""
    from importlib.metadata import version as version_of

    return f"madmom {version_of('madmom')}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(version, estimate)

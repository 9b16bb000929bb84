"""aubio's beat tracker; it has no key.

aubio has no wheel and imports only beside numpy < 2, so it wants an environment of its own:
`pip install 'numpy<2' setuptools wheel soundfile`, then `pip install --no-build-isolation aubio`.
"""

from __future__ import annotations

from lines import Estimates, serve

WINDOW, HOP = 1024, 512
"""What the `aubio` command uses."""
LEAST_BEATS = 4


def estimate(path: str) -> Estimates:
    """Tempo and beats; the tempo is 60 over the median interval of the beats, as in aubio's own demos."""
    import aubio
    import numpy as np
    import soundfile

    # Built without FFmpeg, aubio reads WAV alone; libsndfile reads the rest.
    y, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = y.mean(axis=1)
    mono = np.pad(mono, (0, -mono.size % HOP))
    tracker = aubio.tempo("default", WINDOW, HOP, rate)
    beats_s = [float(tracker.get_last_s()) for block in mono.reshape(-1, HOP) if tracker(block)[0]]
    bpm = float(60.0 / np.median(np.diff(beats_s))) if len(beats_s) >= LEAST_BEATS else None
    return {"aubio": {"bpm": bpm, "beats_s": [round(time_s, 4) for time_s in beats_s]}}


def version() -> str:
    """Name and version."""
    import aubio

    return f"aubio {aubio.version}"


if __name__ == "__main__":
    serve(version, estimate)

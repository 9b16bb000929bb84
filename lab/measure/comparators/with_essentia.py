"""Essentia: RhythmExtractor2013 and KeyExtractor, each in its two usual ways.

Needs `pip install essentia` in the Python that runs it.
"""

from __future__ import annotations

from lines import Estimates, serve

RATE_HZ = 44100
WAYS = (("multifeature", "bgate"), ("degara", "edma"))
"""Method of the beats and profile of the key that are shown in one column."""


def estimate(path: str) -> Estimates:
    """Tempo, beats and key of a file in both ways."""
    from essentia import standard

    y = standard.MonoLoader(filename=path, sampleRate=RATE_HZ)()
    estimates = {}
    for method, profile in WAYS:
        bpm, ticks, *_ = standard.RhythmExtractor2013(method=method)(y)
        tonic, mode, _ = standard.KeyExtractor(profileType=profile, sampleRate=RATE_HZ)(y)
        estimates[f"essentia {method}, {profile}"] = {
            "bpm": float(bpm) or None,
            "beats_s": [round(float(time_s), 4) for time_s in ticks],
            "key": f"{tonic} {mode}",
        }
    return estimates


def version() -> str:
    """Name and version."""
    import essentia

    return f"essentia {essentia.__version__}"


if __name__ == "__main__":
    import essentia

    essentia.log.warningActive = False
    essentia.log.infoActive = False
    serve(version, estimate)

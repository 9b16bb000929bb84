"""Mixxx's own analysis, by the program `mixxx-analyzer`: Queen Mary's tempo and beats, and key.

Needs `pip install mixxx-analyzer` in the Python that runs it (GPL: for measuring only).
"""

from __future__ import annotations

from lines import Estimates, serve


def estimate(path: str) -> Estimates:
    """Tempo, beats and key of a file."""
    import mixxx_analyzer

    read = mixxx_analyzer.analyze(path)
    beats_s = [round(time_s, 4) for time_s in read.beatgrid]
    return {"mixxx": {"bpm": read.bpm, "beats_s": beats_s, "key": read.camelot or None}}


def version() -> str:
    """Name and version."""
    from importlib.metadata import version as version_of

    return f"mixxx-analyzer {version_of('mixxx-analyzer')}"


if __name__ == "__main__":
    serve(version, estimate)

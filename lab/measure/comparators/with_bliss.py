"""bliss-audio's analysis: 23 numbers a song for finding similar ones; it gives neither tempo nor key.

Needs `pip install bliss-audio` in the Python that runs it.
"""

from __future__ import annotations

from importlib.metadata import version as installed

from lines import Estimates, serve


def estimate(path: str) -> Estimates:
    """Analyse a file; what is wanted is the time it takes."""
    from bliss_audio import Song

    return {"bliss": {"numbers": len(Song(path).analysis)}}


def version() -> str:
    """Name and version."""
    import bliss_audio

    return f"{bliss_audio.__name__} {installed('bliss-audio')}"


if __name__ == "__main__":
    serve(version, estimate)

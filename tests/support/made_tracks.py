"""Tracks made by hand, without audio."""

from map4.core.music.analysis.analysis import Analysis, Hamms, KeyEstimate, Loudness, Tempo
from map4.core.music.analysis.key import Key
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track


def made_track(
    name: str,
    bpm: float | None = None,
    key: str | None = None,
    energy: float | None = None,
    *,
    hamms: float | tuple[float | None, ...] | None = None,
    **tags: object,
) -> Track:
    """An analysed track; `hamms` is its vector, or the number that all twelve of it have."""
    vector = hamms if isinstance(hamms, tuple) else (hamms,) * 12
    analysis = Analysis(
        duration_s=184.0,
        tempo=None if bpm is None else Tempo(bpm=bpm, confidence=0.9),
        key=None if key is None else KeyEstimate(key=Key.parse(key), confidence=0.9),
        energy=energy,
        loudness=Loudness(integrated_lufs=-9.4),
        hamms=None if hamms is None else Hamms(vector=vector, confidence=0.9),
    )
    return Track(path=f"/music/{name}", state="ok", analysis=analysis, tags=Tags(**tags))  # type: ignore[arg-type]

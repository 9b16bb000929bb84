"""Rows of voices in tables of other tests."""

from libraries import audio_id

from map4.core.store.sql_store import Store
from map4.extras.voice.records import Vocals, VoiceSpan
from map4.extras.voice.store import SqlVoices

NEEDS = {("PUT", "/tracks/{id}/voice"): "correct", ("POST", "/voice"): "scan"}
ON_PAGE = ("voice", ["Find voices"])
CALLS_OF_ROLES = {"user": {"voice": "set"}, "admin": {"voice": "detect detect_events"}}


def sung(*spans: tuple[float, float], duration_s: float = 200.0, source: str = "model") -> Vocals:
    """The record of a track with these spans."""
    made = tuple(VoiceSpan(start_s=start_s, end_s=end_s, confidence=0.9) for start_s, end_s in spans)
    return Vocals.of(made, duration_s, source)  # type: ignore[arg-type]


def put_rows(store: Store) -> None:
    """Voices of a recording."""
    store.part(SqlVoices).put(audio_id(1), sung((10.0, 60.0)))

"""Decode the two ends of a file."""

from __future__ import annotations

from map4.core.audio.decode.audio_stream import open_audio
from map4.core.dsp.sound.segue import EndsCollector, TrackEnds

_BEFORE_END_S = 1.0


def read_ends(path: str, length_s: float) -> TrackEnds:
    """The ends of a file of this length, as measured; raises FileError."""
    with open_audio(path) as stream:
        collector = EndsCollector(stream.sample_rate_hz)
        next(filter(collector.feed, stream.blocks()), None)
    with open_audio(path, from_s=max(0.0, length_s - _BEFORE_END_S), length_s=length_s) as stream:
        collector.frames = stream.begins_at
        for block in stream.blocks():
            collector.feed(block)
        return collector.ends(stream.duration_hint_s, states_delay=stream.states_delay)

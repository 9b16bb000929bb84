"""Decode audio by libsndfile and libav."""

from map4.core.audio.decode.audio_stream import AudioStream, open_audio

__all__ = ["AudioStream", "open_audio"]

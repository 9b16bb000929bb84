"""Report progress while a recording is decoded, and reject recordings that are too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from map4.audio.decoding import DecodedAudio, Decoder
from map4.audio.identity.demux import stated_length_s
from map4.errors import FileError

OnRead = Callable[[float, float | None], object]
"""Called with the seconds decoded so far and the expected length in seconds."""
_REPORT_EVERY_S = 30.0


def watched(decoder: Decoder, recording: str, *, longest_s: float | None, on_read: OnRead) -> Decoder:
    """Wrap a decoder so that it reports its progress on one recording, from 0 each time it is opened."""
    length_s: float | None = None
    is_looked_at = False

    @contextmanager
    def open_audio(path: str) -> Iterator[DecodedAudio]:
        nonlocal length_s, is_looked_at
        if path == recording and not is_looked_at:
            (length_s, is_sure), is_looked_at = stated_length_s(path), True
            if is_sure:
                _require_not_longer(length_s or 0.0, longest_s)
        with decoder(path) as stream:
            yield _Reporting(stream, length_s, longest_s, on_read) if path == recording else stream

    return open_audio


class _Reporting:
    """An open recording."""

    def __init__(self, stream: DecodedAudio, length_s: float | None, longest_s: float | None, on_read: OnRead) -> None:
        self._stream, self._length_s, self._longest_s, self._on_read = stream, length_s, longest_s, on_read

    @property
    def sample_rate_hz(self) -> int:
        return self._stream.sample_rate_hz

    @property
    def channels(self) -> int:
        return self._stream.channels

    @property
    def decoder(self) -> str:
        return self._stream.decoder

    @property
    def flags(self) -> Sequence[str]:
        return self._stream.flags

    def blocks(self) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        frames, reported_s = 0, 0.0
        for block in self._stream.blocks():
            frames += len(block)
            done_s = frames / self.sample_rate_hz
            _require_not_longer(done_s, self._longest_s)  # the header may state less
            if done_s >= reported_s + _REPORT_EVERY_S:
                reported_s = done_s
                self._on_read(done_s, self._length_s)
            yield block


def _require_not_longer(length_s: float, longest_s: float | None) -> None:
    if longest_s is not None and length_s > longest_s:
        raise FileError("too_long", f"is longer than {longest_s / 3600:g} h")

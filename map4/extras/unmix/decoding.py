"""Report progress while a recording is decoded, and reject recordings that are too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from map4.core.audio.decoder import DecodedAudio
from map4.core.audio.identity.demux import stated_length_s
from map4.errors import FileError

OnRead = Callable[[float, float | None], object]
"""Called with the seconds decoded so far and the expected length in seconds."""
_REPORT_EVERY_S = 30.0


class DecodingWatch:
    """Reports how far a recording is decoded, from 0 each time it is opened.

    raises FileError: if the recording is longer than `longest_s`
    """

    def __init__(self, path: str, *, longest_s: float | None, on_read: OnRead) -> None:
        self._longest_s, self._on_read = longest_s, on_read
        self._length_s, is_sure = stated_length_s(path)
        if is_sure:
            self._require_not_longer(self._length_s or 0.0)

    def blocks(self, stream: DecodedAudio) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield the blocks of the open recording."""
        frames, reported_s = 0, 0.0
        for block in stream.blocks():
            frames += len(block)
            done_s = frames / stream.sample_rate_hz
            self._require_not_longer(done_s)  # the header may state less
            if done_s >= reported_s + _REPORT_EVERY_S:
                reported_s = done_s
                self._on_read(done_s, self._length_s)
            yield block

    def _require_not_longer(self, length_s: float) -> None:
        if self._longest_s is not None and length_s > self._longest_s:
            raise FileError("too_long", f"is longer than {self._longest_s / 3600:g} h")

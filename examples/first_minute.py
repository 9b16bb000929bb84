"""A custom decoder: that of map4, cut off after a minute of audio.

    PYTHONPATH=examples MAP4_DECODER=first_minute:open_audio map4 --library first-minute.map4 scan FOLDER

Fast, and enough to sort unknown files. Use a separate library: the numbers differ from those of whole tracks, and a
library does not mark them. docs/developers/plugins.md shows how to package a decoder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from map4.plugins import DecodedAudio, load_decoder

SECONDS = 60


class FirstMinute:
    """A stream that ends early, otherwise like the original."""

    def __init__(self, stream: DecodedAudio) -> None:
        self._stream = stream
        self.sample_rate_hz, self.channels = stream.sample_rate_hz, stream.channels
        self.decoder = f"{stream.decoder}, first {SECONDS} s"
        self.flags: list[str] = []

    def blocks(self) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield float32 arrays of shape (n, channels) until the minute is full."""
        left = SECONDS * self.sample_rate_hz
        for block in self._stream.blocks():
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return


@contextlib.contextmanager
def open_audio(path: str) -> Iterator[FirstMinute]:
    """Open a file; what `analysis.decoder` names."""
    with load_decoder()(path) as stream:
        yield FirstMinute(stream)

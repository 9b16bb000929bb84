"""A decoder of one's own: map4's, cut off after a minute of audio.

    PYTHONPATH=examples MAP4_DECODER=first_minute:open_audio map4 --library first-minute.map4 scan FOLDER

Quick, and enough to sort a heap of unknown files. Keep such numbers in a library of their own: they are others than
those of whole tracks, and nothing in the library would tell them apart. docs/developers/plugins.md shows
how a package adds a decoder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from map4.plugins import DecodedAudio, load_decoder

SECONDS = 60


class FirstMinute:
    """A stream that ends early; everything else is the real one's."""

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

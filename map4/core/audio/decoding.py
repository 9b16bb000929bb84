"""The interface of decoders: plug-ins in the group `map4.decoders.v1` provide one, and so does map4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


class DecodedAudio(Protocol):
    """The audio of an open file, as a stream of blocks that is read once."""

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate of the blocks."""

    @property
    def channels(self) -> int:
        """Channels of the blocks."""

    @property
    def decoder(self) -> str:
        """Name and version of the decoder, which is stored with the analysis."""

    @property
    def flags(self) -> Sequence[str]:
        """Remarks such as "damaged", complete after the last block."""

    def blocks(self) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield arrays of shape (n, channels), full scale 1, each with its own memory, as several are used at once."""


Decoder = Callable[[str], AbstractContextManager[DecodedAudio]]
"""Opens a file by its path; raises `map4.errors.FileError` if it can't be decoded."""

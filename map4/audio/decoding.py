"""What a decoder is: plug-ins in the group `map4.decoders.v1` give one, and so does map4's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


class DecodedAudio(Protocol):
    """The sound of an open file, as a stream of blocks, which is read once."""

    @property
    def sample_rate_hz(self) -> int:
        """Of the blocks."""

    @property
    def channels(self) -> int:
        """Of the blocks."""

    @property
    def decoder(self) -> str:
        """Name and version of what decodes it, which is stored with the analysis."""

    @property
    def flags(self) -> Sequence[str]:
        """Remarks such as "damaged", complete once the blocks are through."""

    def blocks(self) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Arrays of shape (n, channels), full scale 1, each its own: several are looked at together."""


Decoder = Callable[[str], AbstractContextManager[DecodedAudio]]
"""Opens a file by its path; raises `map4.errors.FileError` where it can't be decoded."""

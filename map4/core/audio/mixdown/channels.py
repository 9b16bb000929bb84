"""Mix surround sound to stereo."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_SIDE = 0.5**0.5
"""The share of centre and surround channels, -3 dB (ITU-R BS.775-4, table 2); low-frequency effects are left out."""
_LEFT, _RIGHT, _BOTH, _BEHIND = (1.0, 0.0), (0.0, 1.0), (_SIDE, _SIDE), (0.5, 0.5)
_LEFT_SIDE, _RIGHT_SIDE, _NONE = (_SIDE, 0.0), (0.0, _SIDE), (0.0, 0.0)
_SURROUND = (_LEFT, _RIGHT, _BOTH, _NONE, _LEFT_SIDE, _RIGHT_SIDE)
# By number of channels, in the order of WAV, FLAC and FFmpeg.
_SHARES = {
    3: (_LEFT, _RIGHT, _BOTH),
    4: (_LEFT, _RIGHT, _LEFT_SIDE, _RIGHT_SIDE),
    5: (_LEFT, _RIGHT, _BOTH, _LEFT_SIDE, _RIGHT_SIDE),
    6: _SURROUND,
    7: (*_SURROUND[:4], _BEHIND, _LEFT_SIDE, _RIGHT_SIDE),
    8: (*_SURROUND, _LEFT_SIDE, _RIGHT_SIDE),
}


def two_channels(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix down to two channels at most, at a level that can't clip; unknown layouts by even and odd channels.

    block: shape (n, channels)
    """
    channels = block.shape[1]
    if channels <= 2:
        return block
    mixed: NDArray[np.float32] = block @ _matrix(channels)
    return mixed


@cache
def _matrix(channels: int) -> NDArray[np.float32]:
    usual = tuple((_LEFT, _RIGHT)[place % 2] for place in range(channels))
    shares = np.array(_SHARES.get(channels, usual), dtype=np.float32)
    shares /= shares.sum(axis=0).max()
    return shares

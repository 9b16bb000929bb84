"""The loudness of mono files, which players play in two channels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from map4.music.analysis.analysis import Analysis

MonoLoudness = Literal["single", "dual"]
"""Whether a mono file is as loud as its channel, as in EBU R 128, or as that channel in two speakers."""
MONO_LOUDNESS: tuple[MonoLoudness, ...] = get_args(MonoLoudness)
DUAL_LU = 3.01
"""BS.1770 adds the power of channels, and two equal ones have twice the power."""


def is_dual(channels: int | None, mono: MonoLoudness) -> bool:
    return mono == "dual" and channels == 1


def in_two_channels(analysis: Analysis) -> Analysis:
    """The analysis of a mono file, as loud as in two speakers; the stored analysis has the measured loudness."""
    loudness = analysis.loudness
    if loudness.integrated_lufs is None:
        return analysis
    return replace(analysis, loudness=replace(loudness, integrated_lufs=loudness.integrated_lufs + DUAL_LU))

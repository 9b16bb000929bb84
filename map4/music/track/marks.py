"""Marks of tracks: what tables show of each in one number, a bit a mark."""

from __future__ import annotations

MARKS = "tempo key set imported clipped silent damaged truncated lossless upscaled stale".split()  # noqa: SIM905
"""What the bits say, the lowest first; of the first two: current tempo or key is doubtful."""

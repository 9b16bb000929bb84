"""The state of a track for tables, as a bit mask."""

from __future__ import annotations

MARKS = "tempo key set imported clipped silent damaged truncated lossless upscaled stale".split()  # noqa: SIM905
"""The meaning of the bits, the lowest first; the first two mean that the current tempo or key is uncertain."""

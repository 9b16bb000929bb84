"""What extras add to tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from map4.core.base.declarations import FunctionHook

if TYPE_CHECKING:
    from map4.core.music.analysis.inside import DetectedCue


@FunctionHook
def cues(track: Any) -> Iterator[DetectedCue]:
    """Further suggested cue points. track: a `Track`, whose module imports this"""

"""What extras add to tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from map4.core.base.declarations import FunctionHook

if TYPE_CHECKING:
    from map4.core.music.analysis.inside import DetectedCue
    from map4.core.music.track.track import Track


@FunctionHook
def cues(track: Track) -> Iterator[DetectedCue]:
    """Further suggested cue points of a track."""

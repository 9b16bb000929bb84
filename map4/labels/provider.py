"""The protocol of providers of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from map4.labels.facts import TrackFacts
from map4.music.track.labels import Labels


class LabelProvider(Protocol):
    """Something that labels tracks, as plug-ins in the group `map4.labels.v1` do."""

    def label(self, tracks: Sequence[TrackFacts]) -> Sequence[Labels | None]:
        """Label tracks; None for a track without labels."""
        ...

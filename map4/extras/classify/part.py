"""Genre, mood and era of tracks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from map4.core.base.given_paths import Paths
from map4.core.base.options import USUAL, takes
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.plan import Classification, LabelPlan
from map4.extras.classify.use import LabelEvent, LabellingFinished, LabelSummary
from map4.library.part import LibraryPart, end_of


class LabelsPart(LibraryPart, scope="scan"):
    """Genre, mood and era of tracks from a language model, which receives fields of their tags, never audio.

    Without tracks, all analysed and present tracks are used. The key of a service comes only from the environment.
    """

    @takes("map4.extras.classify.options:ClassifyOptions")
    def run(self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any) -> LabelSummary:
        """Label tracks with genre, mood and era.

        tracks: one or several of this library, or their names
        raises UsageError: if there is no such provider, or the address or key can't be used
        """
        return end_of(self.run_events(tracks, options), LabellingFinished).summary

    @takes("map4.extras.classify.options:ClassifyOptions")
    def run_events(
        self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Iterator[LabelEvent]:
        """`run` as events; each label is stored before its event."""
        return self.prepare(tracks, options).events()

    @takes("map4.extras.classify.options:ClassifyOptions")
    def prepare(self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any) -> Classification:
        """`run` in steps: first what it would do and cost (`plan`), then do it (`events`); nothing is sent before."""
        return Classification(self._store, self._all_or(tracks), options)

    @takes("map4.extras.classify.options:ClassifyOptions")
    def plan(
        self, file_ids: Sequence[int] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> LabelPlan:
        """Return the plan of `prepare`, without reading analyses, which is faster.

        file_ids: of tracks
        """
        stored = self._store.tracks
        if file_ids is not None:
            return self.prepare(stored.tracks_by_id(file_ids, analysis=False), options).plan
        every = [track for track in stored.tracks(analysis=False) if track.state == "ok"]
        every.sort(key=lambda track: os.fsencode(track.path))
        return self.prepare(every, options).plan

"""Label tracks with genre, mood and era."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Unpack

from map4.app.labelling.labelling import LabelEvent, LabellingFinished, LabelSummary
from map4.app.options import given
from map4.domain.track import Track
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.labelling.plan import Classification, ClassifyKeywords, ClassifyOptions


class LabelMethods(OpenLibrary):
    """Label tracks with genre, mood and era."""

    def classification(
        self,
        tracks: Iterable[Track] | None = None,
        options: ClassifyOptions | None = None,
        **keywords: Unpack[ClassifyKeywords],
    ) -> Classification:
        """What labelling tracks would do and cost (`plan`), and then does (`events`); nothing is sent before.

        Parameters
        ----------
        tracks : of this library; None takes all that are analysed and there
        options : the key of a service comes from the environment alone

        Raises
        ------
        UsageError
            If there is no such provider, or the address or key can't be used.
        """
        from map4.app.labelling.plan import Classification, ClassifyOptions

        chosen = self._store.tracks() if tracks is None else tracks
        ready = (track for track in chosen if tracks is not None or track.state == "ok")
        return Classification(self._database, ready, given(ClassifyOptions, options, keywords))

    def classify(
        self,
        tracks: Iterable[Track] | None = None,
        options: ClassifyOptions | None = None,
        **keywords: Unpack[ClassifyKeywords],
    ) -> LabelSummary:
        """Label tracks; see `classification` for the options."""
        for event in self.classify_events(tracks, options, **keywords):
            if isinstance(event, LabellingFinished):
                return event.summary
        raise AssertionError("labelling ends with its summary")

    def classify_events(
        self,
        tracks: Iterable[Track] | None = None,
        options: ClassifyOptions | None = None,
        **keywords: Unpack[ClassifyKeywords],
    ) -> Iterator[LabelEvent]:
        """Label tracks, event by event; each is stored before its event comes. Sends fields of tags to Claude."""
        return self.classification(tracks, options, **keywords).events()

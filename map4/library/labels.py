"""Label tracks with genre, mood and era."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.labelling.compare import LabelComparison
    from map4.app.labelling.labelling import LabelEvent, LabelSummary
    from map4.app.labelling.options import ClassifyOptions
    from map4.app.labelling.plan import Classification, LabelPlan
    from map4.domain.track.track import Track


class LabelMethods(OpenLibrary):
    """Label tracks with genre, mood and era."""

    @takes("map4.app.labelling.options:ClassifyOptions")
    def classification(
        self, tracks: Iterable[Track] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Classification:
        """What labelling tracks would do and cost (`plan`), and then does (`events`); nothing is sent before.

        The keywords are those of `classify`.

        tracks: of this library; None takes all that are analysed and there
        options: the key of a service comes from the environment alone
        raises UsageError: if there is no such provider, or the address or key can't be used
        """
        from map4.app.labelling.plan import Classification

        chosen = self._store.tracks.tracks() if tracks is None else tracks
        ready = (track for track in chosen if tracks is not None or track.state == "ok")
        return Classification(self._store, ready, options)

    @takes("map4.app.labelling.options:ClassifyOptions")
    def label_plan(
        self, file_ids: Sequence[int] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> LabelPlan:
        """The plan of `classification` alone, of a large library sooner: no track is loaded.

        file_ids: of tracks; None takes all that are analysed and there
        """
        tracks = self._store.tracks
        rows, copies = tracks.names_to_label(file_ids), tracks.names_to_label(file_ids, only_copies=True)
        return self.classification((), options).counted(rows, copies)

    @takes("map4.app.labelling.options:ClassifyOptions")
    def classify(
        self, tracks: Iterable[Track] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> LabelSummary:
        """Label tracks with genre, mood and era, by asking a language model; sends fields of their tags, never audio.

        tracks: of this library; None takes all that are analysed and there
        options: the same as the keywords, as a `map4.app.labelling.options.ClassifyOptions`
        """
        from map4.app.labelling.labelling import LabellingFinished

        for event in self.classify_events(tracks, options):
            if isinstance(event, LabellingFinished):
                return event.summary
        raise AssertionError("labelling ends with its summary")

    @takes("map4.app.labelling.options:ClassifyOptions")
    def classify_events(
        self, tracks: Iterable[Track] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Iterator[LabelEvent]:
        """Label tracks, event by event; each is stored before its event comes. The keywords are those of `classify`."""
        return self.classification(tracks, options).events()

    @takes("map4.app.labelling.options:ClassifyOptions")
    def label_comparison(
        self,
        names: Sequence[str],
        tracks: Iterable[Track] | None = None,
        options: ClassifyOptions = USUAL,
        **keywords: Any,
    ) -> LabelComparison:
        """What asking two models about the same tracks would cost (`plans`), and then shows (`events`).

        Nothing is stored.

        names: two of "claude", "claude:MODEL", "openai:MODEL@URL", or names of `models`
        options: the same as the keywords, as a `map4.app.labelling.options.ClassifyOptions`, of which `provider`,
            `model` and `base_url` are not used; `max_tracks` is the size of the sample (50)
        raises UsageError: if there is no such model, or its address or key can't be used
        """
        from map4.app.labelling.compare import LabelComparison

        chosen = self._store.tracks.tracks() if tracks is None else tracks
        ready = (track for track in chosen if tracks is not None or track.state == "ok")
        return LabelComparison(ready, names, options)

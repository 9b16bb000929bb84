"""Genre, mood and era of tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from map4.base.actor import needing
from map4.base.given_paths import Paths
from map4.base.options import USUAL, takes
from map4.part import Part, end_of

if TYPE_CHECKING:
    from map4.labels.compare import LabelComparison
    from map4.labels.options import ClassifyOptions
    from map4.labels.plan import Classification, LabelPlan
    from map4.labels.use import LabelEvent, LabelSummary


@needing({"scan": "run run_events prepare plan compare"})
class LabelsPart(Part):
    """Genre, mood and era of tracks, by asking a language model, which is sent fields of their tags, never audio.

    Where no tracks are given, all that are analysed and there are taken. The key of a service comes from the
    environment alone.
    """

    @takes("map4.labels.options:ClassifyOptions")
    def run(self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any) -> LabelSummary:
        """Label tracks with genre, mood and era.

        tracks: one or several of this library, or names of them
        raises UsageError: if there is no such provider, or the address or key can't be used
        """
        from map4.labels.use import LabellingFinished

        return end_of(self.run_events(tracks, options), LabellingFinished).summary

    @takes("map4.labels.options:ClassifyOptions")
    def run_events(
        self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Iterator[LabelEvent]:
        """`run`, event by event; each label is stored before its event comes."""
        return self.prepare(tracks, options).events()

    @takes("map4.labels.options:ClassifyOptions")
    def prepare(self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any) -> Classification:
        """`run` in steps: what it would do and cost (`plan`), and then does (`events`); nothing is sent before."""
        from map4.labels.plan import Classification

        return Classification(self._store, self._all_or(tracks), options)

    @takes("map4.labels.options:ClassifyOptions")
    def plan(
        self, file_ids: Sequence[int] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> LabelPlan:
        """The plan of `prepare` alone, of a large library sooner: no track is loaded.

        file_ids: of tracks
        """
        return self.prepare((), options).counted(file_ids)

    @takes("map4.labels.options:ClassifyOptions")
    def compare(
        self,
        names: Sequence[str],
        tracks: Paths | None = None,
        options: ClassifyOptions = USUAL,
        **keywords: Any,
    ) -> LabelComparison:
        """What asking two models about the same tracks would cost (`plans`), and then shows (`events`).

        Nothing is stored. Of the options `provider`, `model` and `base_url` are not used; `max_tracks` is the size of
        the sample (50).

        names: two of "claude", "claude:MODEL", "openai:MODEL@URL", or names of `models`
        raises UsageError: if there is no such model, or its address or key can't be used
        """
        from map4.labels.compare import LabelComparison

        return LabelComparison(self._all_or(tracks), names, options)

"""Label tracks without a network: map4's rules, and plug-ins of other packages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

from map4.core.music.track.labels import Labels
from map4.errors import UsageError
from map4.extras.classify.facts import keyword_labels
from map4.labels import LabelProvider, TrackFacts

GROUP = "map4.labels.v1"
KEYWORDS = "keywords"


class KeywordProvider:
    """Labels from the genre tag, folder names and the year (`map4.extras.classify.facts`)."""

    def label(self, tracks: Sequence[TrackFacts]) -> list[Labels | None]:
        """Label tracks; returns labels for every track, at least with an unknown genre."""
        return [keyword_labels(facts) for facts in tracks]


class Guarded:
    """Wraps a plug-in so that its failures stop nothing: unlabelled tracks go to the next provider.

    name: becomes the source of its labels
    warn: called once with its error
    """

    def __init__(self, name: str, provider: LabelProvider, warn: Callable[[str], None]) -> None:
        self._name, self._provider, self._warn = name, provider, warn
        self._has_failed = False

    def label(self, tracks: Sequence[TrackFacts]) -> list[Labels | None]:
        """Label tracks, as far as the plug-in can."""
        try:
            labels = list(self._provider.label(tracks))
            if len(labels) != len(tracks) or not all(label is None or isinstance(label, Labels) for label in labels):
                raise TypeError("it must return Labels or None for each track")
        except Exception as error:  # around one plug-in
            if not self._has_failed:
                self._has_failed = True
                self._warn(f"the provider {self._name} failed ({type(error).__name__}: {error}); the rules continue")
            return [None] * len(tracks)
        return [None if label is None else replace(label, source=self._name) for label in labels]


def providers() -> list[str]:
    """Return the names of all providers that need no network."""
    return sorted({KEYWORDS, *(entry.name for entry in entry_points(group=GROUP))})


def rules_of(name: str, warn: Callable[[str], None]) -> list[LabelProvider]:
    """Return the provider of this name, followed by the keyword rules, which label every track."""
    keywords = KeywordProvider()
    if name == KEYWORDS:
        return [keywords]
    entry_point: EntryPoint | None = next(iter(entry_points(group=GROUP, name=name)), None)
    if entry_point is None:
        raise UsageError.no_such("provider", name, [*Labels.MODEL_SOURCES, *providers()])
    try:
        provider: LabelProvider = entry_point.load()()
    except Exception as error:  # around one plug-in
        raise UsageError(f"the provider {name} ({entry_point.value}) can't be loaded: {error}") from error
    return [Guarded(name, provider, warn), keywords]

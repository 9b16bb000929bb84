"""Protocols of labelling: providers of labels, the cache of answers, the store of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from map4.domain.label_facts import TrackFacts
from map4.domain.labels import Labels


class AnswerCache(Protocol):
    """Answers given before, by model, prompt version and what was asked."""

    def get(self, facts: TrackFacts, model: str) -> Labels | None:
        """The answer, or None; also where the cache can't be read."""
        ...

    def put(self, answers: Sequence[tuple[TrackFacts, Labels]], model: str) -> None:
        """Keep answers."""
        ...


class LabelStore(Protocol):
    """The library, as far as labelling needs it."""

    def put_labels(self, labels: Mapping[str, Labels]) -> None:
        """Keep labels by audio id."""
        ...


class LabelProvider(Protocol):
    """Something that labels tracks, as plug-ins in the group `map4.labels.v1` do."""

    def label(self, tracks: Sequence[TrackFacts]) -> Sequence[Labels | None]:
        """Label tracks; None where there is nothing to say of one."""
        ...

"""Fields whose sources disagree, with the value of each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from map4.base.records import Fraction, Record
from map4.music.placeholders import is_placeholder
from map4.music.track.fields import FIELDS, METADATA, Field, first_of
from map4.music.track.observations import is_same
from map4.music.track.track import Track

# Programs count the tracks of multi-disc albums differently, and nothing depends on these fields.
_PASSED_OVER = frozenset({"track", "disc_number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying(Record):
    """The value of a field from one source.

    who: tag, imported, or the name of a provider
    score: how certain a provider is that this is the recording, 0-1; None for other sources
    counts: whether it is the current value
    """

    who: str
    value: str | int
    score: Fraction | None = None
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Record):
    """A field whose sources contradict each other.

    words: name of the field for people
    can_set: whether a value can be chosen
    said: the values, the current one first
    """

    field: str
    words: str
    can_set: bool
    said: tuple[Saying, ...]

    def choices(self) -> tuple[str | int, ...]:
        """Return the values to choose from, the current one first; empty if the field can't be set."""
        values: list[str | int] = []
        for saying in self.said if self.can_set else ():
            if not any(is_same(self.field, saying.value, other) for other in values):
                values.append(saying.value)
        return tuple(values)


def disputes(track: Track) -> Iterator[Dispute]:
    """Yield the fields of a track in which tag, imports and providers contradict each other, except settled fields:
    those that the user set, or whose preferred source has a value.
    """
    for field in FIELDS.values():
        first = first_of(field.name, track.preferred)
        dispute = dispute_of(track, field)
        if dispute is not None and (first is None or next(iter(track.sources(field.name))) != first):
            yield dispute


def dispute_of(track: Track, field: Field) -> Dispute | None:
    """Return the dispute about a field, also if a source is preferred; None if the sources agree."""
    if field.setting != METADATA or field.name in _PASSED_OVER:
        return None
    sayings = tuple(
        saying for saying in _said(track, field) if saying.counts or not is_placeholder(str(saying.value), field.name)
    )
    if all(is_same(field.name, sayings[0].value, saying.value) for saying in sayings):
        return None
    return Dispute(field=field.name, words=field.words, can_set="user" in field.sources, said=sayings)


def _said(track: Track, field: Field) -> Iterator[Saying]:
    sources = {source: value for source, value in track.sources(field.name).items() if source != "labels"}
    if "user" in sources:
        return
    counts = next(iter(sources), None)
    for source, value in sources.items():
        if source != "provider":
            yield Saying(
                who=source, value=value if isinstance(value, str | int) else str(value), counts=source == counts
            )
            continue
        every = (track.provided.said(field.name) if track.provided else {}) or {"provider": value}
        # Among fields that providers contradict, those that agree with the current value come first.
        for who, provided in sorted(every.items(), key=lambda pair: not is_same(field.name, value, pair[1])):
            is_first = source == counts and is_same(field.name, value, provided)
            yield Saying(who=who, value=provided, score=_score(track, who), counts=is_first)


def _score(track: Track, provider: str) -> float | None:
    matches = track.provided.matches if track.provided else ()
    return next((match.score for match in matches if match.provider == provider), None)

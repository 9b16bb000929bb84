"""Which tracks are labelled, by which provider and at what cost, and the run itself."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from map4.app.asking.batches import BatchLimits, BatchRun, SystemClock
from map4.app.labelling.labelling import LabelEvent, Labelling, LabelNotice, is_answer_of, labels_by, sort_tracks
from map4.app.labelling.options import ClassifyOptions
from map4.domain.label_facts import SENT_FIELDS, TrackFacts, cleaned_names, same_names
from map4.domain.records import Count, Record
from map4.domain.track.labels import MODEL_SOURCES, Labels
from map4.domain.track.track import Track
from map4.infra.label_providers.answer_cache import AnswerCache, kept_responses
from map4.infra.label_providers.consent import Consent
from map4.infra.label_providers.language_model import ModelService, Questioner
from map4.infra.label_providers.prompt import (
    estimated_tokens,
    label_prompt,
    letters_of_track,
    read_answer,
    sent_fields,
    tokens_of,
)
from map4.infra.label_providers.rules import KEYWORDS, rules_of
from map4.infra.label_providers.services import CLAUDE
from map4.ports.asking import BatchClock, ServiceClient
from map4.ports.labelling import LabelProvider
from map4.ports.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlan(
    Record,
    kind="classify-plan",
    members="provider model host has_key key_variable tracks known cached open skipped questions requests"
    " input_tokens output_tokens fields example",
):
    """What classify would send and cost.

    known: labelled before
    cached: the same was answered before
    open: to be labelled
    skipped: tracks whose audio could not be identified
    questions: different recordings that would be asked about
    requests: if nothing goes wrong
    input_tokens, output_tokens: estimated offline
    fields: what would be sent of a track
    example: what would be sent of the first one
    host: where to; None where nothing is sent
    has_key: whether there is a key, or none is needed; without one nothing is sent
    key_variable: of the environment, where the key is looked for; None where none is needed
    limits: that it was reckoned with
    """

    provider: str
    model: str | None
    host: str | None
    has_key: bool
    key_variable: str | None
    tracks: Count
    known: Count
    cached: Count
    open: Count
    skipped: Count
    questions: Count
    requests: Count
    input_tokens: Count
    output_tokens: Count
    fields: tuple[str, ...]
    example: dict[str, Any] | None
    limits: BatchLimits

    @property
    def consent(self) -> Consent:
        """Whether these fields may go there."""
        return Consent(self.host, self.fields, "classify")


def plan_of(
    provider: str, service: ModelService | None, limits: BatchLimits, facts: Sequence[TrackFacts], **counts: int
) -> LabelPlan:
    """What asking about these recordings would send and cost; `counts` are those of tracks in a `LabelPlan`."""
    size = limits.batch_size
    batches = [dict(enumerate(facts[start : start + size])) for start in range(0, len(facts), size)]
    batches = batches[: limits.max_requests]
    input_tokens, output_tokens = estimated_tokens(batches)
    return LabelPlan(
        provider=provider,
        model=service.model if service else None,
        host=service.host if service else None,
        has_key=service is not None and service.has_key,
        key_variable=service.key_variable if service else None,
        questions=sum(map(len, batches)),
        requests=len(batches),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        fields=SENT_FIELDS if service else (),
        example=sent_fields(facts[0]) if facts else None,
        limits=limits,
        **counts,
    )


# A model on this machine writes some ten to fifty words a second, and one answer at a time.
_LOCAL_LIMITS = BatchLimits(batch_size=5, concurrency=1, max_wait_s=600.0, timeout_s=600.0)


def usual_limits(options: ClassifyOptions) -> BatchLimits:
    """How much is asked at once where nobody says: less of a model on this machine."""
    service = options.service()
    is_here = service is not None and service.is_local and service.provider != CLAUDE
    return _LOCAL_LIMITS if is_here else BatchLimits()


def label_batches(service: ModelService, limits: BatchLimits, clock: BatchClock | None) -> BatchRun[TrackFacts, Labels]:
    """What asks a model about tracks."""
    read = partial(read_answer, source=service.provider, model=service.model)
    client: ServiceClient[TrackFacts, Labels] = Questioner(service, label_prompt, read)
    return BatchRun(client, clock or SystemClock(), limits, random.random)


class Classification:
    """Tracks that are about to be labelled; made by `Library.labels.prepare`."""

    def __init__(self, store: Store, tracks: Iterable[Track], options: ClassifyOptions) -> None:
        self._store, self._options = store, options
        self._warnings: list[str] = []
        self._service = options.service()
        self._model = None if self._service is None else self._service.model
        self._limits = options.limits or usual_limits(options)
        self._rules: list[LabelProvider] = rules_of(KEYWORDS if self._service else options.provider, self._warn)
        with self._cache() as cache:
            self._found = sort_tracks(
                tracks, cache=cache, model=self._cache_name, force=options.force, accepts=self._accepts
            )

    @property
    def _cache_name(self) -> str | None:
        return None if self._service is None else self._service.cache_name

    @cached_property
    def plan(self) -> LabelPlan:
        """What would be done."""
        found, service = self._found, self._service
        groups = [group for group in found.open if group.facts.title][: self._options.max_tracks] if service else []
        open_tracks = sum(len(group.tracks) for group in found.open)
        cached = sum(len(group.tracks) for group, _ in found.cached)
        return plan_of(
            self._options.provider,
            service,
            self._limits,
            [group.facts for group in groups],
            tracks=len(found.known) + cached + open_tracks,
            known=len(found.known),
            cached=cached,
            open=open_tracks,
            skipped=found.skipped,
        )

    def samples(self, most: int = 3) -> list[tuple[Track, Labels]]:
        """What rules would say of the first tracks to be labelled; nothing is stored."""
        tracks = [track for group in self._found.open[:most] for track in group.tracks][:most]
        found = zip(tracks, labels_by(self._rules, tracks), strict=True)
        return [(track, labels) for track, labels in found if labels is not None]

    def counted(
        self, rows: Iterable[tuple[int, tuple[Any, ...]]], copies: Iterable[tuple[int, tuple[Any, ...]]]
    ) -> LabelPlan:
        """What would be done with other tracks than these, of which only names are read; see `counted` below."""
        options = self._options
        with self._cache() as cache:
            numbers = counted(
                rows, copies, cache=cache, model=self._cache_name, force=options.force, accepts=self._accepts,
                limits=self._limits, max_tracks=options.max_tracks,
            )  # fmt: skip
        return replace(self.plan, **numbers)

    def events(self) -> Iterator[LabelEvent]:
        """Label the tracks; each is in the library before its event comes.

        yields: Labelled and LabelNotice as they happen, at last LabellingFinished. Closing the generator early keeps
            what came.
        """
        self._store.require_writable()
        if self._service is not None and not self._service.has_key:
            variable = self._service.key_variable
            self._warn(f"{variable} is not set: nothing is sent, and genres come from tags and folder names alone")
        with self._cache() as cache:
            labelling = Labelling(
                store=self._store.labels,
                cache=cache,
                rules=self._rules,
                batches=self._batches(),
                model=self._model,
                cache_name=self._cache_name,
                replace_all=self._options.force and self._service is None,
            )
            for event in labelling.run(self._found, max_tracks=self._options.max_tracks):
                while self._warnings:
                    yield LabelNotice(message=self._warnings.pop(0))
                yield event

    def _batches(self) -> BatchRun[TrackFacts, Labels] | None:
        if self._service is None or not self._service.has_key:
            return None
        return label_batches(self._service, self._limits, self._options.clock)

    def _cache(self) -> closing[AnswerCache]:
        return kept_responses(self._warn, self._options.responses)

    def _accepts(self, labels: Labels) -> bool:
        if self._service is not None:
            return is_answer_of(labels, self._service.model, self._service.provider)
        return labels.source in (*MODEL_SOURCES, self._options.provider) and labels.source != KEYWORDS

    def _warn(self, message: str) -> None:
        if message not in self._warnings:
            self._warnings.append(message)


def clear_responses(pattern: str | None, warn: Callable[[str], None]) -> int:
    """Drop answers whose "artist - title" matches, or all; gives how many there were."""
    with kept_responses(warn) as cache:
        return cache.clear(pattern)


_LETTERS_BITS = 16
"""Of a question's number in `counted`, those behind its place; names cleaned to 200 letters need some 12."""
_MOST_LETTERS = (1 << _LETTERS_BITS) - 1
_NO_PLACE = 1 << 62


def counted(
    rows: Iterable[tuple[int, tuple[Any, ...]]],
    copies: Iterable[tuple[int, tuple[Any, ...]]],
    *,
    cache: AnswerCache,
    model: str | None,
    force: bool,
    accepts: Callable[[Labels], bool],
    limits: BatchLimits,
    max_tracks: int | None,
) -> dict[str, Any]:
    """The numbers of a `LabelPlan`, which are those that `sort_tracks` leads to.

    rows: as `map4.ports.store.tracks.TrackStore.names_to_label` gives them; `copies` are those of audio that
        several files have
    model, force, accepts: as of `sort_tracks`
    """
    counts = dict.fromkeys(("tracks", "known", "cached", "open", "skipped"), 0)
    fullest = {row[2]: row for _, row in sorted(copies, key=lambda one: (_names_known(one[1]), -one[0]))}
    answered = cache.questions(model) if model is not None and not force else frozenset()
    will_do: dict[tuple[Any, ...], bool] = {(None, None, None): False}
    # Of each question the place of its first track, and how long that is. Hashes, since a million names are much; that
    # two of so many are the same, and a count is wrong by one, happens once in 30 million libraries.
    asked: dict[int, int] = {}
    best = _NO_PLACE
    example: tuple[Any, ...] = ()
    for place, (_, path, audio_id, artist, title, album, genre, year, source, of_model, version) in rows:
        if audio_id is None:
            counts["skipped"] += 1
            continue
        if source is not None and not force:
            kind = (source, of_model, version)
            if kind not in will_do:
                will_do[kind] = accepts(Labels(source=source, model=of_model, prompt_version=int(version)))
            if will_do[kind]:
                counts["known"] += 1
                continue
        if audio_id in fullest:
            _, path, _, artist, title, album, genre, year, *_ = fullest[audio_id]
        artist, title, album, genre = cleaned_names(path, artist, title, album, genre)
        asks = same_names(artist, title, year, album)
        if asks in answered and model:
            facts = TrackFacts(artist=artist, title=title, album=album, year=year)
            if cache.get(facts, model):
                counts["cached"] += 1
                continue
        counts["open"] += 1
        if title and model is not None:
            question = hash(asks)
            if place < asked.get(question, _NO_PLACE) >> _LETTERS_BITS:
                letters = letters_of_track(0, artist, title, album, year, genre)
                asked[question] = place << _LETTERS_BITS | letters
                if place < best:
                    best, example = place, (artist, title, album, year, genre)
    most = min(
        len(asked),
        math.inf if max_tracks is None else max_tracks,
        math.inf if limits.max_requests is None else limits.max_requests * limits.batch_size,
    )
    chosen = asked.values() if most == len(asked) else sorted(asked.values())[: int(most)]
    counts["tracks"] = counts["known"] + counts["cached"] + counts["open"]
    questions = len(chosen)
    batches, rest = divmod(questions, limits.batch_size)
    requests = batches + bool(rest)
    letters = sum(first & _MOST_LETTERS for first in chosen)
    letters += sum(_more_digits(size) * times for size, times in ((limits.batch_size, batches), (rest, 1)) if times)
    input_tokens, output_tokens = tokens_of(letters, requests, questions)
    sent = sent_fields(TrackFacts(**dict(zip(SENT_FIELDS, example, strict=True)))) if chosen and example else None
    return {
        **counts, "questions": questions, "requests": requests, "input_tokens": input_tokens,
        "output_tokens": output_tokens, "example": sent,
    }  # fmt: skip


def _more_digits(tracks: int) -> int:
    """By how many letters the numbers of the tracks of a request are longer than that of the first."""
    return sum(len(str(number)) - 1 for number in range(tracks))


def _names_known(row: tuple[Any, ...]) -> int:
    return sum(value is not None and value != "" for value in row[3:8])

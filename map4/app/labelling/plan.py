"""Which tracks are labelled, by which provider and at what cost, and the run itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from map4.app.asking.batches import BatchLimits, BatchRun, SystemClock
from map4.app.labelling.counting import counted
from map4.app.labelling.labelling import LabelEvent, Labelling, LabelNotice, is_answer_of, sort_tracks
from map4.app.labelling.options import ClassifyOptions
from map4.domain.label_facts import SENT_FIELDS, TrackFacts
from map4.domain.track.labels import MODEL_SOURCES, Labels
from map4.domain.track.track import Track
from map4.infra.label_providers.answer_cache import AnswerCache, kept_responses
from map4.infra.label_providers.consent import Consent
from map4.infra.label_providers.language_model import ModelService, Questioner
from map4.infra.label_providers.prompt import estimated_tokens, label_prompt, read_answer, sent_fields
from map4.infra.label_providers.rules import KEYWORDS, rules_of
from map4.infra.label_providers.services import CLAUDE
from map4.ports.asking import BatchClock, ServiceClient
from map4.ports.labelling import LabelProvider
from map4.ports.store.store import Store

PLAN_SCHEMA = "map4/classify-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlan:
    """What would be done, before anything is.

    tracks, known, cached, open, skipped: tracks in all; labelled already; answered before; to be asked about; and
        those whose audio could not be identified
    requests: that `questions` different recordings take, if nothing goes wrong
    input_tokens, output_tokens: estimated offline
    fields: names of what would be sent of a track, and `example`, the first one
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
    tracks: int
    known: int
    cached: int
    open: int
    skipped: int
    questions: int
    requests: int
    input_tokens: int
    output_tokens: int
    fields: tuple[str, ...]
    example: dict[str, Any] | None
    limits: BatchLimits

    def to_record(self) -> dict[str, Any]:
        """The `map4/classify-plan/1` record."""
        values = {name: getattr(self, name) for name in LabelPlan.__slots__ if name != "limits"}
        return {"schema": PLAN_SCHEMA, **values, "fields": list(self.fields)}

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

    def counted(
        self, rows: Iterable[tuple[int, tuple[Any, ...]]], copies: Iterable[tuple[int, tuple[Any, ...]]]
    ) -> LabelPlan:
        """What would be done with other tracks than these, of which only names are read; see `counting.counted`."""
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

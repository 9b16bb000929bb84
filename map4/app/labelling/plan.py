"""Which tracks are labelled, by which provider and at what cost, and the run itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypedDict
from urllib.parse import urlsplit

from map4.app.asking.batches import Asking, AskingLimits, SystemClock
from map4.app.labelling.counting import counted
from map4.app.labelling.labelling import LabelEvent, Labelling, LabelNotice, is_answer_of, sort_tracks
from map4.domain.label_facts import SENT_FIELDS, TrackFacts
from map4.domain.labels import Labels
from map4.domain.track import Track
from map4.infra.label_providers.answer_cache import AnswerCache, default_responses_path
from map4.infra.label_providers.claude import (
    DEFAULT_BASE_URL,
    DEFAULT_MODEL,
    KEY_VARIABLE,
    Claude,
    checked_base_url,
    key_from_environment,
)
from map4.infra.label_providers.consent import agree, has_agreed
from map4.infra.label_providers.prompt import estimated_tokens, sent_fields
from map4.infra.label_providers.rules import KEYWORDS, rules_of
from map4.infra.sqlite.annotations import DatabaseLabels
from map4.infra.sqlite.database import Database
from map4.ports.asking import Asker, AskingClock
from map4.ports.labelling import LabelProvider

CLAUDE = "claude"
PLAN_SCHEMA = "map4/classify-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyOptions:
    """How tracks are labelled.

    Parameters
    ----------
    provider : "claude", "keywords", or the name of a plug-in
    model, base_url : of Claude's
    limits : how much is asked at once and in all
    max_tracks : ask about so many at most; None without end
    force : ask again about what is known
    responses : folder of the cache of answers; None takes the user's own
    clock : None is real time
    """

    provider: str = CLAUDE
    model: str = DEFAULT_MODEL
    base_url: str = DEFAULT_BASE_URL
    limits: AskingLimits = field(default_factory=AskingLimits)
    max_tracks: int | None = None
    force: bool = False
    responses: str | None = None
    clock: AskingClock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlan:
    """What would be done, before anything is.

    Parameters
    ----------
    tracks, known, cached, open, skipped : tracks in all; labelled already; answered before; to be asked about; and
        those whose audio could not be identified
    requests : that `questions` different recordings take, if nothing goes wrong
    input_tokens, output_tokens : estimated offline
    fields : names of what would be sent of a track, and `example`, the first one
    host : where to; None where nothing is sent
    has_key : whether there is a key; without one nothing is sent
    """

    provider: str
    model: str | None
    host: str | None
    has_key: bool
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

    def to_record(self) -> dict[str, Any]:
        """The `map4/classify-plan/1` record."""
        values = {name: getattr(self, name) for name in LabelPlan.__slots__}
        return {"schema": PLAN_SCHEMA, **values, "fields": list(self.fields)}

    @property
    def is_agreed(self) -> bool:
        """Whether the user agreed before that these fields go to this host."""
        return self.host is not None and has_agreed(self.host, self.fields)

    def agree(self) -> None:
        """Remember that the user agrees."""
        if self.host is not None:
            agree(self.host, self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteService:
    """A service that labels tracks over the network; providers that are none label on this machine.

    Parameters
    ----------
    host : where the fields of tracks are sent
    key_variable : of the environment, which holds the key
    connect : makes the client; None where there is no key, and nothing is sent
    """

    model: str
    host: str
    key_variable: str
    connect: Callable[[], Asker[TrackFacts, Labels]] | None


def _claude(options: ClassifyOptions) -> RemoteService:
    key, url = key_from_environment(), checked_base_url(options.base_url)
    return RemoteService(
        model=options.model,
        host=urlsplit(url).netloc,
        key_variable=KEY_VARIABLE,
        connect=None if key is None else lambda: Claude(key=key, model=options.model, base_url=url),
    )


REMOTE_SERVICES: dict[str, Callable[[ClassifyOptions], RemoteService]] = {CLAUDE: _claude}
"""Providers that send something, by name."""


class Classification:
    """Tracks that are about to be labelled; made by `Library.classification`."""

    def __init__(self, database: Database, tracks: Iterable[Track], options: ClassifyOptions) -> None:
        self._database, self._options = database, options
        self._warnings: list[str] = []
        make = REMOTE_SERVICES.get(options.provider)
        self._service = None if make is None else make(options)
        self._model = None if self._service is None else self._service.model
        self._rules: list[LabelProvider] = rules_of(KEYWORDS if self._service else options.provider, self._warn)
        with self._cache() as cache:
            self._found = sort_tracks(
                tracks, cache=cache, model=self._model, force=options.force, accepts=self._accepts
            )

    @cached_property
    def plan(self) -> LabelPlan:
        """What would be done."""
        found, options, service = self._found, self._options, self._service
        groups = [group for group in found.open if group.facts.title][: options.max_tracks] if service else []
        size = options.limits.batch_size
        batches = [
            {number: group.facts for number, group in enumerate(groups[start : start + size])}
            for start in range(0, len(groups), size)
        ][: options.limits.max_requests]
        input_tokens, output_tokens = estimated_tokens(batches)
        open_tracks = sum(len(group.tracks) for group in found.open)
        cached = sum(len(group.tracks) for group, _ in found.cached)
        return LabelPlan(
            provider=options.provider,
            model=self._model,
            host=service.host if service else None,
            has_key=service is not None and service.connect is not None,
            tracks=len(found.known) + cached + open_tracks,
            known=len(found.known),
            cached=cached,
            open=open_tracks,
            skipped=found.skipped,
            questions=sum(map(len, batches)),
            requests=len(batches),
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            fields=SENT_FIELDS if service else (),
            example=sent_fields(groups[0].facts) if groups else None,
        )

    def counted(self, rows: Iterable[tuple[Any, ...]], copies: Iterable[tuple[Any, ...]]) -> LabelPlan:
        """What would be done with other tracks than these, of which only names are read; see `counting.counted`."""
        options = self._options
        with self._cache() as cache:
            numbers = counted(
                rows, copies, cache=cache, model=self._model, force=options.force, accepts=self._accepts,
                limits=options.limits, max_tracks=options.max_tracks,
            )  # fmt: skip
        return replace(self.plan, **numbers)

    def events(self) -> Iterator[LabelEvent]:
        """Label the tracks; each is in the library before its event comes.

        Yields
        ------
        Labelled and LabelNotice as they happen, at last LabellingFinished. Closing the generator early keeps what came.
        """
        self._database.require_writable()
        if self._service is not None and self._service.connect is None:
            variable = self._service.key_variable
            self._warn(f"{variable} is not set: nothing is sent, and genres come from tags and folder names alone")
        with self._cache() as cache:
            labelling = Labelling(
                store=DatabaseLabels(self._database, lambda: datetime.now(UTC)),
                cache=cache,
                rules=self._rules,
                asking=self._asking(),
                model=self._model,
                replace_all=self._options.force and self._service is None,
            )
            for event in labelling.run(self._found, max_tracks=self._options.max_tracks):
                while self._warnings:
                    yield LabelNotice(message=self._warnings.pop(0))
                yield event

    def _asking(self) -> Asking[TrackFacts, Labels] | None:
        if self._service is None or self._service.connect is None:
            return None
        return Asking(
            self._service.connect(), self._options.clock or SystemClock(), self._options.limits, random.random
        )

    def _cache(self) -> AnswerCache:
        return AnswerCache(self._options.responses or default_responses_path(), self._warn)

    def _accepts(self, labels: Labels) -> bool:
        if self._model is not None:
            return is_answer_of(labels, self._model)
        return labels.source in (CLAUDE, self._options.provider) and labels.source != KEYWORDS

    def _warn(self, message: str) -> None:
        if message not in self._warnings:
            self._warnings.append(message)


def clear_responses(pattern: str | None, warn: Callable[[str], None]) -> int:
    """Drop answers whose "artist - title" matches, or all; gives how many there were."""
    with AnswerCache(default_responses_path(), warn) as cache:
        return cache.clear(pattern)


class ClassifyKeywords(TypedDict, total=False):
    """`map4.app.labelling.plan.ClassifyOptions`."""

    provider: str
    model: str
    base_url: str
    limits: AskingLimits
    max_tracks: int | None
    force: bool
    responses: str | None
    clock: AskingClock | None

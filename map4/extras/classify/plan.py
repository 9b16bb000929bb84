"""Plan and run labelling: which tracks, by which provider and at what cost."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property, partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from map4.base.records import Count, Record
from map4.extras.classify.answer_cache import AnswerCache, open_answer_cache
from map4.extras.classify.facts import SENT_FIELDS, cleaned_names, same_names
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.prompt import (
    estimated_tokens,
    label_prompt,
    letters_of_track,
    read_answer,
    sent_fields,
    tokens_of,
)
from map4.extras.classify.rules import KEYWORDS, rules_of
from map4.extras.classify.use import LabelEvent, Labelling, LabelNotice, is_answer_of, labels_by, sort_tracks
from map4.extras.shared.batches import BatchLimits, BatchRun
from map4.extras.shared.consent import Consent
from map4.extras.shared.language_model import ModelService, Questioner
from map4.extras.shared.service import BatchClock, ServiceClient
from map4.extras.shared.services import CLAUDE
from map4.labels import LabelProvider, SqlLabels, TrackFacts
from map4.music.track.labels import MODEL_SOURCES, PROMPT_VERSION, Labels
from map4.music.track.track import Track
from map4.store.sql_store import Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class LabelPlan(Record, kind="classify-plan", members="* -limits"):
    """What classify would send and cost.

    known: tracks that already have labels
    cached: tracks with a cached answer
    open: to be labelled
    skipped: tracks whose audio could not be identified
    questions: different recordings to query
    requests: if there are no errors
    input_tokens, output_tokens: estimated offline
    fields: the fields sent for a track
    example: the data sent for the first track
    host: the recipient; None if nothing is sent
    has_key: whether there is a key, or none is needed; without a needed key nothing is sent
    key_variable: environment variable of the key; None if none is needed
    limits: used for the estimate
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
        """Return the consent to send these fields to the host."""
        return Consent(self.host, self.fields, "classify")


def plan_of(
    provider: str, service: ModelService | None, limits: BatchLimits, facts: Sequence[TrackFacts], **counts: int
) -> LabelPlan:
    """Return the plan for querying these recordings; `counts` are the track counts of a `LabelPlan`."""
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
    """Return the default limits: smaller requests for a model on this machine."""
    service = options.service()
    is_here = service is not None and service.is_local and service.provider != CLAUDE
    return _LOCAL_LIMITS if is_here else BatchLimits()


def label_batches(service: ModelService, limits: BatchLimits, clock: BatchClock | None) -> BatchRun[TrackFacts, Labels]:
    """Return the batch run that queries a model about tracks."""
    read = partial(read_answer, source=service.provider, model=service.model)
    client: ServiceClient[TrackFacts, Labels] = Questioner(service, label_prompt, read)
    return BatchRun(client, clock or BatchClock(), limits, random.random)


class Classification:
    """Labels tracks in steps; made by `Library.labels.prepare`."""

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
        """Return the plan."""
        sorted_tracks, service = self._found, self._service
        groups = (
            [group for group in sorted_tracks.open if group.facts.title][: self._options.max_tracks] if service else []
        )
        open_tracks = sum(len(group.tracks) for group in sorted_tracks.open)
        cached = sum(len(group.tracks) for group, _ in sorted_tracks.cached)
        return plan_of(
            self._options.provider,
            service,
            self._limits,
            [group.facts for group in groups],
            tracks=len(sorted_tracks.known) + cached + open_tracks,
            known=len(sorted_tracks.known),
            cached=cached,
            open=open_tracks,
            skipped=sorted_tracks.skipped,
        )

    def samples(self, most: int = 3) -> list[tuple[Track, Labels]]:
        """Return the labels that rules would give to the first open tracks; nothing is stored."""
        tracks = [track for group in self._found.open[:most] for track in group.tracks][:most]
        labelled = zip(tracks, labels_by(self._rules, tracks), strict=True)
        return [(track, labels) for track, labels in labelled if labels is not None]

    def counted(self, file_ids: Sequence[int] | None) -> LabelPlan:
        """Return the plan for other tracks, reading only their names; see `counted` below."""
        options = self._options
        with self._cache() as cache:
            numbers = counted(
                self._store, file_ids, cache=cache, model=self._cache_name, force=options.force,
                accepts=self._accepts, limits=self._limits, max_tracks=options.max_tracks,
            )  # fmt: skip
        return replace(self.plan, **numbers)

    def events(self) -> Iterator[LabelEvent]:
        """Label the tracks; each is stored in the library before its event.

        yields: Labelled and LabelNotice as they happen, then LabellingFinished. Closing the generator early keeps the
            results so far.
        """
        self._store.require_writable()
        if self._service is not None and not self._service.has_key:
            variable = self._service.key_variable
            self._warn(f"{variable} is not set: nothing is sent, and genres come only from tags and folder names")
        with self._cache() as cache:
            labelling = Labelling(
                store=self._store.part(SqlLabels),
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
        return open_answer_cache(self._warn, self._options.responses)

    def _accepts(self, labels: Labels) -> bool:
        if self._service is not None:
            return is_answer_of(labels, self._service.model, self._service.provider)
        return labels.source in (*MODEL_SOURCES, self._options.provider) and labels.source != KEYWORDS

    def _warn(self, message: str) -> None:
        if message not in self._warnings:
            self._warnings.append(message)


_NOTHING = 0
"""The number for a file without a question, as its audio is unknown."""
_PROMPTED_BY = f"2 {PROMPT_VERSION}"
"""Changes when `_question_of` returns something else for the same names."""


def _question_of(row: tuple[Any, ...]) -> tuple[int, int]:
    """Return the number of a file's question and its number of letters; none without a title.

    Large libraries store a million of them, so each is a hash. A collision, which makes a count wrong by one, occurs in
    one of 30 million libraries.
    """
    if row[2] is None:
        return _NOTHING, 0
    artist, title, album, genre, year = _names_of(row)
    digest = _number(same_names(artist, title, year, album))
    return digest, letters_of_track(0, artist, title, album, year, genre) if title else 0


def _number(values: tuple[str | int | None, ...]) -> int:
    digest = blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


def _names_of(row: tuple[Any, ...]) -> tuple[str | None, str | None, str | None, str | None, int | None]:
    _, path, _, artist, title, album, genre, year, *_ = row
    return *cleaned_names(path, artist, title, album, genre), year


def prepare_questions(store: Store) -> None:
    """Compute the question about every file, which the store caches for a large library."""
    from map4.extras.classify.store import model_questions  # imports numpy

    model_questions(store, None, _question_of, _PROMPTED_BY)


def counted(
    store: Store,
    file_ids: Sequence[int] | None,
    *,
    cache: AnswerCache,
    model: str | None,
    force: bool,
    accepts: Callable[[Labels], bool],
    limits: BatchLimits,
    max_tracks: int | None,
) -> dict[str, Any]:
    """Return the numbers of a `LabelPlan`, equal to the results of `sort_tracks`.

    file_ids: None takes all present, analysed files
    model, force, accepts: as of `sort_tracks`
    """
    import numpy as np

    from map4.extras.classify.store import model_questions, names_to_label

    named = partial(names_to_label, store)
    # For audio of several files, the file with the most names is queried.
    copies = {row[0]: row for _, row in named(file_ids, only="copies")}
    fullness = {number: sum(value is not None and value != "" for value in row[3:8]) for number, row in copies.items()}
    fullest = {row[2]: row for row in sorted(copies.values(), key=lambda row: (fullness[row[0]], -row[0]))}
    prompts = model_questions(store, file_ids, _question_of, _PROMPTED_BY)
    where = {file_id: place for place, file_id in enumerate(prompts["file_id"].tolist())} if copies else {}
    for file_id, row in copies.items():
        prompts["question"][where[file_id]], prompts["letters"][where[file_id]] = _question_of(fullest[row[2]])

    def among(ids: Iterable[int]) -> npt.NDArray[np.bool_]:
        return np.isin(prompts["file_id"], np.fromiter(ids, np.int64))

    has_question = prompts["question"] != _NOTHING
    known = np.zeros(len(prompts), dtype=bool)
    if not force:
        known = has_question & among(_labelled(named(file_ids, only="labelled"), accepts))
    is_open = has_question & ~known
    cached = np.zeros(len(prompts), dtype=bool)
    if model is not None and not force and (answered := cache.questions(model)):
        likely = np.isin(prompts["question"], np.fromiter(map(_number, answered), np.int64)) & is_open
        cached = among(_answered(named(prompts["file_id"][likely].tolist()), fullest, cache, model))
        is_open &= ~cached
    sent = prompts[is_open & (prompts["letters"] > 0)] if model is not None else prompts[:0]
    _, firsts = np.unique(sent["question"], return_index=True)
    firsts.sort()
    most = min(
        len(firsts),
        math.inf if max_tracks is None else max_tracks,
        math.inf if limits.max_requests is None else limits.max_requests * limits.batch_size,
    )
    chosen = sent[firsts[: int(most)]]
    questions, lengths = len(chosen), int(chosen["letters"].sum(dtype=np.int64))
    batches, rest = divmod(questions, limits.batch_size)
    requests = batches + bool(rest)
    lengths += sum(_more_digits(size) * times for size, times in ((limits.batch_size, batches), (rest, 1)) if times)
    input_tokens, output_tokens = tokens_of(lengths, requests, questions)
    example = None
    if questions:
        [(_, row)] = named(chosen["file_id"][:1].tolist())
        artist, title, album, genre, year = _names_of(fullest.get(row[2], row))
        example = sent_fields(TrackFacts(artist=artist, title=title, album=album, year=year, genre=genre))
    return {
        "tracks": int(has_question.sum()), "known": int(known.sum()), "cached": int(cached.sum()),
        "open": int(is_open.sum()), "skipped": int((~has_question).sum()), "questions": questions, "requests": requests,
        "input_tokens": input_tokens, "output_tokens": output_tokens, "example": example,
    }  # fmt: skip


def _labelled(rows: Iterable[tuple[int, tuple[Any, ...]]], accepts: Callable[[Labels], bool]) -> Iterator[int]:
    """Yield the files whose labels are acceptable."""
    will_do: dict[tuple[Any, ...], bool] = {}
    for _, (file_id, *_, source, model, version) in rows:
        kind = (source, model, version)
        if kind not in will_do:
            will_do[kind] = accepts(Labels(source=source, model=model, prompt_version=int(version)))
        if will_do[kind]:
            yield file_id


def _answered(
    rows: Iterable[tuple[int, tuple[Any, ...]]], fullest: Mapping[str, tuple[Any, ...]], cache: AnswerCache, model: str
) -> Iterator[int]:
    """Yield the files whose question has an answer."""
    for _, row in rows:
        artist, title, album, _, year = _names_of(fullest.get(row[2], row))
        if cache.get(TrackFacts(artist=artist, title=title, album=album, year=year), model):
            yield row[0]


def _more_digits(tracks: int) -> int:
    """Return the additional letters of the track numbers in a request compared with the first number."""
    return sum(len(str(number)) - 1 for number in range(tracks))

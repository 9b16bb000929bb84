"""Genre, mood and era of tracks: which tracks to label, by which provider and at what cost, and the labels."""

from __future__ import annotations

import json
import math
import random
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property, partial
from itertools import chain, compress
from operator import attrgetter
from typing import Any, Generic, TypeVar

from map4.core.base.actor import served
from map4.core.base.call_options import USUAL, takes
from map4.core.base.declaration import load
from map4.core.base.paths import Paths
from map4.core.base.records import Count, Record
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError
from map4.extras.classify import use
from map4.extras.classify.answer_cache import AnswerCache, open_answer_cache
from map4.extras.classify.facts import FilesToLabel, TrackNames, same_question
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.rules import KEYWORDS, rules_of
from map4.extras.shared.batches import BatchLimits, BatchRun
from map4.extras.shared.consent import Consent
from map4.extras.shared.language_model import Prompt, Questioner, listed, object_of
from map4.extras.shared.service import BatchClock, ServiceClient
from map4.extras.shared.services import CLAUDE
from map4.labels import LabelProvider, SqlLabels
from map4.library.part import LibraryPart

T = TypeVar("T")

TAG_LENGTH = 40
MOST_TAGS = 8
NOTES_LENGTH = 300

# Any change to the prompt, or to the available choices, raises PROMPT_VERSION.
SYSTEM_PROMPT: str = load("map4.extras.classify:prompt.txt").rstrip("\n")

# Letters per token for names and JSON in many languages: an offline estimate that rather overestimates tokens.
_LETTERS_PER_TOKEN = 3.0
# Tokens that the service adds for the form of the answer; they grow with the number of choices.
_FORM_TOKENS = 700
# A label as JSON, with tags and notes of usual length.
ANSWER_TOKENS_PER_TRACK = 110


def label_prompt(facts: Mapping[int, TrackNames]) -> Prompt:
    """Return the prompt about these tracks; four times the tokens of a usual answer suffice for any answer."""
    most_tokens = 1000 + 4 * ANSWER_TOKENS_PER_TRACK * len(facts)
    schema = answer_schema()
    return Prompt(system=SYSTEM_PROMPT, user=question(facts), schema=schema, most_tokens=most_tokens)


def question(facts: Mapping[int, TrackNames]) -> str:
    """Return the JSON document to send: our own ids and the known fields, nothing else."""
    tracks = [{"id": number, **sent_fields(track)} for number, track in facts.items()]
    return json.dumps({"tracks": tracks}, ensure_ascii=False, allow_nan=False)


def sent_fields(facts: TrackNames) -> dict[str, Any]:
    """Return the fields of a track that would leave the machine; unknown values are left out."""
    return {name: value for name, value in zip(TrackNames.sent_as(), facts, strict=True) if value is not None}


def answer_schema() -> dict[str, Any]:
    """Return the form of the answer as JSON schema, without limits of numbers and lengths, which are not enforced."""
    label = {
        "id": {"type": "integer"},
        "genre": {"type": "string", "enum": [*GenreTable.shipped().families, Labels.UNKNOWN]},
        "subgenre": {"type": "string"},
        "mood": {"type": "string", "enum": [*Labels.MOODS, "unknown"]},
        "era": {"type": "string", "enum": [*Labels.ERAS, "unknown"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "confidence": {"type": "number"},
        "notes": {"type": "string"},
    }
    return object_of({"labels": {"type": "array", "items": object_of(label)}})


def read_answer(text: str, expected: Collection[int], *, source: str, model: str) -> dict[int, Labels]:
    """Return labels by id: the queried ids that occur once and are well formed."""
    answers: dict[int, Labels | None] = {}
    for item in listed(text, "labels"):
        number = item.get("id") if isinstance(item, dict) else None
        if isinstance(number, bool) or not isinstance(number, int) or number not in expected:
            continue
        # With two answers for an id, neither can be trusted.
        answers[number] = None if number in answers else checked_labels(item, source=source, model=model)
    return {number: labels for number, labels in answers.items() if labels is not None}


def estimated_tokens(facts: Sequence[TrackNames], size: int, more: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return tokens of the requests about these tracks, `size` in each, and of their answers, estimated offline.

    more: number and letters of other questions
    """
    questions, letters = len(facts) + more[0], TrackNames.letters(zip(*facts, strict=True)) + more[1]
    full, rest = divmod(questions, size)
    nameless = [len(SYSTEM_PROMPT + question(dict.fromkeys(range(tracks), TrackNames()))) for tracks in (size, rest)]
    letters += full * nameless[0] + bool(rest) * nameless[1]
    input_tokens = math.ceil(letters / _LETTERS_PER_TOKEN) + _FORM_TOKENS * (full + bool(rest))
    return input_tokens, ANSWER_TOKENS_PER_TRACK * questions


def checked_labels(data: Mapping[str, Any], *, source: str, model: str | None) -> Labels | None:
    """Labels from an untrusted answer; None if it has no valid genre.

    data: genre (a family or `UNKNOWN`), subgenre, mood, era, tags, confidence, notes; an invalid mood or era counts as
        unknown
    source, model: the origin of the answer
    """
    families = {family.casefold(): family for family in (*GenreTable.shipped().families, Labels.UNKNOWN)}
    genre = families.get(str(data.get("genre")).strip().casefold())
    confidence = data.get("confidence")
    if genre is None or isinstance(confidence, bool) or not isinstance(confidence, (int, float)):
        return None
    if not math.isfinite(confidence):
        return None
    is_known = genre != Labels.UNKNOWN
    return Labels(
        genre=genre, family=genre if is_known else None, subgenre=_word(data.get("subgenre"), Labels.MOST_LETTERS),
        mood=_choice(data.get("mood"), Labels.MOODS), era=_choice(data.get("era"), Labels.ERAS),
        tags=_tags(data.get("tags")), source=source, model=model, notes=_word(data.get("notes"), NOTES_LENGTH),
        confidence=round(min(max(float(confidence), 0.0), 1.0), 3) if is_known else 0.0,
    )  # fmt: skip


def _word(value: Any, length: int) -> str | None:
    text = Labels.clean_text(value, length)
    return None if text is None or text.casefold() in ("unknown", "none", "null", "n/a") else text


def _choice(value: Any, choices: Iterable[str]) -> str | None:
    text = (Labels.clean_text(value) or "").casefold()
    return text if text in choices else None


def _tags(value: Any) -> tuple[str, ...]:
    words = (_word(tag, TAG_LENGTH) for tag in (value if isinstance(value, list) else ()))
    return tuple(dict.fromkeys(word.casefold() for word in words if word))[:MOST_TAGS]


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


class SingleFiles:
    """Files with unique audio and a unique question, which are counted without an object each.

    questions: files with a title
    letters: by which these make requests longer
    """

    def __init__(self) -> None:
        self.known = self.skipped = self.tracks = self.questions = self.letters = 0
        self._ids, self._audio, self._questions = array("q"), array("q"), array("q")
        self._example: list[tuple[Any, int]] = []

    def add(self, files: FilesToLabel, accepts: Callable[[Labels], bool], keys: Sequence[Any]) -> None:
        """Count files. keys: by which they are sorted"""
        known, places = files.to_label(accepts)
        self.known += len(known)
        self.skipped += len(files.paths) - len(known) - len(places)
        if len(places) < len(files.paths):
            files, keys = files.at(places), [keys[place] for place in places]
        columns = files.columns(range(len(places)))
        self.count(columns)
        self._ids.extend(files.file_ids)
        self._audio.extend(map(hash, files.audio_ids))
        self._questions.extend(map(hash, map(same_question, *columns[:4])))
        titled = compress(zip(keys, files.file_ids, strict=True), columns[1])
        self._example = sorted(chain(self._example, titled))[:1]

    def count(self, columns: Sequence[Sequence[Any]], times: int = 1) -> None:
        """Count files to label by their names. times: -1 removes them"""
        titled = columns if all(columns[1]) else [[*compress(column, columns[1])] for column in columns]
        self.tracks += times * len(columns[1])
        self.questions += times * len(titled[1])
        self.letters += times * TrackNames.letters(titled)

    def others(self) -> list[int]:
        """Return the ids of files that may share a value, and of the first with a title."""
        audio, questions = (
            {each for each, count in Counter(hashes).items() if count > 1} for hashes in (self._audio, self._questions)
        )
        rows = zip(self._ids, self._audio, self._questions, strict=True)
        shared = [file_id for file_id, of_audio, question in rows if of_audio in audio or question in questions]
        return [*{*shared, *(file_id for _, file_id in self._example)}]


# A model on this machine writes some ten to fifty words a second, and one answer at a time.
_LOCAL_LIMITS = BatchLimits(batch_size=5, concurrency=1, max_wait_s=600.0, timeout_s=600.0)


def usual_limits(options: ClassifyOptions) -> BatchLimits:
    """Return the default limits: smaller requests for a model on this machine."""
    service = options.service()
    is_here = service is not None and service.is_local and service.provider != CLAUDE
    return _LOCAL_LIMITS if is_here else BatchLimits()


class Classification(Generic[T]):
    """Labels tracks in steps; made by `Library.labels.prepare`."""

    def __init__(self, store: Store, tracks: Sequence[T], files: FilesToLabel, options: ClassifyOptions) -> None:
        self._store, self._options = store, options
        self._warnings: list[str] = []
        self._service = options.service()
        self._model = None if self._service is None else self._service.model
        self._cache_name = None if self._service is None else self._service.cache_name
        self._limits = options.limits or usual_limits(options)
        self._rules: list[LabelProvider] = rules_of(KEYWORDS if self._service else options.provider, self._warn)
        self._singles = SingleFiles()
        self._sort(tracks, files)

    def _sort(self, tracks: Sequence[T], files: FilesToLabel) -> None:
        force = self._options.force
        with self._cache() as cache:
            self._found = use.sort_tracks(
                tracks, files, cache=cache, model=self._cache_name, force=force, accepts=self._accepts
            )

    @cached_property
    def plan(self) -> LabelPlan:
        """Return the plan."""
        tracks, singles, service, limits = self._found, self._singles, self._service, self._limits
        groups = [group for group in tracks.open if group.facts.title][: self._options.max_tracks] if service else []
        size = limits.batch_size
        facts = [group.facts for group in groups][: limits.max_requests and limits.max_requests * size]
        more = (singles.questions, singles.letters) if service else (0, 0)
        questions = len(facts) + more[0]
        input_tokens, output_tokens = estimated_tokens(facts, size, more)
        known, open_tracks = len(tracks.known) + singles.known, sum(len(group.tracks) for group in tracks.open)
        open_tracks += singles.tracks
        cached = sum(len(group.tracks) for group, _ in tracks.cached)
        return LabelPlan(
            provider=self._options.provider, model=self._model, host=service.host if service else None,
            has_key=service is not None and service.has_key, key_variable=service.key_variable if service else None,
            tracks=known + cached + open_tracks, known=known, cached=cached, open=open_tracks,
            skipped=tracks.skipped + singles.skipped, questions=questions, requests=math.ceil(questions / size),
            input_tokens=input_tokens, output_tokens=output_tokens, fields=TrackNames._fields if service else (),
            example=sent_fields(facts[0]) if facts else None, limits=limits,
        )  # fmt: skip

    def count(self: Classification[int], file_ids: Sequence[int] | None) -> LabelPlan:
        """Return the plan of files; most are only counted, as `SingleFiles`.

        file_ids: None means all analysed, present files, by path
        """
        read = partial(self._store.part(SqlLabels).with_names, self._store.context())
        order = {file_id: place for place, file_id in enumerate(file_ids or ())}
        keys_of = (lambda files: [order[file_id] for file_id in files.file_ids]) if order else attrgetter("paths")
        with self._cache() as cache:
            are_counted = cache.is_empty and not (self._options.max_tracks or self._limits.max_requests)
        if are_counted:
            for lot in map(FilesToLabel._make, read(file_ids)):
                self._singles.add(lot, self._accepts, keys_of(lot))
            file_ids = self._singles.others()
        files = FilesToLabel.of_lots(read(file_ids))
        keys = keys_of(files)
        files = files.at(places := sorted(range(len(keys)), key=keys.__getitem__))
        if are_counted:
            self._singles.count(files.columns(range(len(keys))), -1)
        self._sort(places, files)
        return self.plan

    def samples(self: Classification[Track], most: int = 3) -> list[tuple[Track, Labels]]:
        """Return the labels that rules would give to the first open tracks; nothing is stored."""
        tracks = [track for group in self._found.open[:most] for track in group.tracks][:most]
        labelled = zip(tracks, use.labels_by(self._rules, tracks), strict=True)
        return [(track, labels) for track, labels in labelled if labels is not None]

    def events(self: Classification[Track]) -> Iterator[use.LabelEvent]:
        """Label the tracks; each is stored in the library before its event.

        yields: Labelled and LabelNotice as they happen, then LabellingFinished. Closing the generator early keeps the
            results so far.
        """
        self._store.require_writable()
        if self._service is not None and not self._service.has_key:
            variable = self._service.key_variable
            self._warn(f"{variable} is not set: nothing is sent, and genres come only from tags and folder names")
        with self._cache() as cache:
            labelling = use.Labelling(
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
                    yield use.LabelNotice(message=self._warnings.pop(0))
                yield event

    def _batches(self) -> BatchRun[TrackNames, Labels] | None:
        if self._service is None or not self._service.has_key:
            return None
        read = partial(read_answer, source=self._service.provider, model=self._service.model)
        client: ServiceClient[TrackNames, Labels] = Questioner(self._service, label_prompt, read)
        return BatchRun(client, self._options.clock or BatchClock(), self._limits, random.random)

    def _cache(self) -> closing[AnswerCache]:
        return open_answer_cache(self._warn, self._options.responses)

    def _accepts(self, labels: Labels) -> bool:
        if self._options.force:
            return False
        if self._service is not None:
            return use.is_answer_of(labels, self._service.model, self._service.provider)
        return labels.source in (*Labels.MODEL_SOURCES, self._options.provider) and labels.source != KEYWORDS

    def _warn(self, message: str) -> None:
        if message not in self._warnings:
            self._warnings.append(message)


class LabelsPart(LibraryPart, scope="scan"):
    """Genre, mood and era of tracks from a language model, which receives fields of their tags, never audio.

    Without tracks, all analysed and present tracks are used. The key of a service comes only from the environment.
    """

    @takes("map4.extras.classify.options:ClassifyOptions")
    def run(self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any) -> use.LabelSummary:
        """Label tracks with genre, mood and era.

        tracks: one or several of this library, or their names
        raises UsageError: if there is no such provider, or the address or key can't be used
        """
        return self._end_of(self.run_events(tracks, options), use.LabellingFinished).summary

    @takes("map4.extras.classify.options:ClassifyOptions")
    def run_events(
        self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Iterator[use.LabelEvent]:
        """`run` as events; each label is stored before its event."""
        return self.prepare(tracks, options).events()

    @served("POST", "/labels/undo", "Restore the labels before a run, as `map4 classify --undo`.", {"step": (str, ...)},
            "UndoLabels", queue="write", answer=None, example={"step": "2026-07-24T09:00:00Z"})  # fmt: skip
    def undo(self, step: str) -> int:
        """Restore the labels before a run, as `map4 undo` lists it; returns the number of tracks.

        raises NothingFoundError: if no labels of it are left
        """
        if not (count := self._store.part(SqlLabels).undo(step)):
            raise NothingFoundError(f"no labels of a run at {step} are left; 'map4 undo' lists what can be undone")
        return count

    @takes("map4.extras.classify.options:ClassifyOptions")
    def prepare(
        self, tracks: Paths | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> Classification[Track]:
        """`run` in steps: first what it would do and cost (`plan`), then do it (`events`); nothing is sent before."""
        every = list(self._all_or(tracks))
        return Classification(self._store, every, FilesToLabel.of(every), options)

    @takes("map4.extras.classify.options:ClassifyOptions")
    def plan(
        self, file_ids: Sequence[int] | None = None, options: ClassifyOptions = USUAL, **keywords: Any
    ) -> LabelPlan:
        """Return the plan of `prepare`, without reading tracks, which is faster.

        file_ids: of tracks
        """
        return Classification(self._store, (), FilesToLabel(), options).count(file_ids)

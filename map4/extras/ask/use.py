"""Turn a sentence into a query, and options of a playlist, by a language model."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from map4.core.base.declaration import load
from map4.core.base.records import Record
from map4.core.music.query.fields import FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track.labels import Labels
from map4.core.store.sql_store import Store
from map4.errors import Map4Error, UsageError
from map4.extras.shared.batches import Answered, BatchLimits, BatchRun, GivenUp, Stopped
from map4.extras.shared.consent import Consent
from map4.extras.shared.language_model import Prompt, Questioner, listed, object_of
from map4.extras.shared.options import ModelOptions
from map4.extras.shared.service import BatchClock
from map4.lists import CURVES, ListRequest

MOST_GENRES = 200
MODEL_KINDS = ("number", "level", "duration", "date", "text", "key")
"""Kinds of fields that a model may use: no paths, file states, order or limits."""
_VALUES = {
    "n": "n: the number of tracks.",
    "minutes": "minutes: the length of the list.",
    "curve": f"curve, the course of energy: {', '.join(CURVES)}, or points percent:energy such as 0:.3,50:.9,100:.4.",
    "harmonic": "harmonic, how well keys fit: strict, flexible, creative, off.",
    "policy": "policy, how far tempo steps go: strict, flexible, creative.",
}
OPTIONS_OF_LISTS, OPTIONS_OF_SEARCHES = tuple(_VALUES), ("n",)
"""Options that a model may set for a playlist, and for a search."""
_FIELD_LINES = "\n".join(f"- {field.example}: {field.help}" for field in FIELDS.values() if field.kind in MODEL_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceQuestion:
    """The data that is sent: the sentence, and names of genres."""

    sentence: str
    genres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelReading:
    """A model's interpretation of words, not yet checked."""

    words: str
    query: str
    option: str
    value: str


def sentence_prompt(questions: Mapping[int, SentenceQuestion], *, options: Sequence[str]) -> Prompt:
    """The prompt for a sentence, with the options that the model may set."""
    [question] = questions.values()
    texts = {name: {"type": "string"} for name in ("words", "query", "value")}
    item = {**texts, "option": {"type": "string", "enum": ["", *options]}}
    schema = object_of({"items": {"type": "array", "items": object_of(item)}})
    user = json.dumps(asdict(question), ensure_ascii=False)
    values = " ".join(_VALUES[name] for name in options)
    system = str(load("map4.extras.ask:prompt.txt")).rstrip("\n").format(fields=_FIELD_LINES, options=values)
    return Prompt(system=system, user=user, schema=schema, most_tokens=2000)


def read_readings(text: str, numbers: Collection[int]) -> dict[int, tuple[ModelReading, ...]]:
    """Parse a model's answer, without checking it."""
    items = listed(text, "items")
    names = ("words", "query", "option", "value")
    texts = ([item.get(name, "") for name in names] for item in items if isinstance(item, dict))
    readings = tuple(ModelReading(*reading) for reading in texts if all(isinstance(part, str) for part in reading))
    return dict.fromkeys(numbers, readings)


QUERIES = ("bpm:120..128 key:~8A energy:6..", "genre:house ^title:remix", "rating:4.. played:..-6m")
"""Examples that need no model."""
_MOST_LETTERS = 500
_MOST_MODEL_LETTERS = 200
_SENT = ("sentence", "genres")
_LIMITS = BatchLimits(batch_size=1, concurrency=1, max_wait_s=60.0)


class Understood(Record, members="words as=meant"):
    """Words of a sentence.

    meant: the terms or the option they stand for
    """

    words: str
    meant: str


class ParsedRequest(Record):
    """How a model understood a sentence.

    query: for `Library.search`, or for the tracks of a playlist
    options: of a playlist, by name: n, minutes, curve, harmonic, policy
    not_understood: words that are left out
    """

    query: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    understood: tuple[Understood, ...] = ()
    not_understood: tuple[str, ...] = ()
    model: str

    def narrowed(self, query: str) -> str:
        """Return the query, limited to tracks that match another."""
        return Query.narrowed(self.query, query)


class AskRequest:
    """A sentence and a library, made by `Library.prepare_ask`."""

    def __init__(self, text: str, options: ModelOptions, store: Store) -> None:
        self._clock = options.clock
        self._text = Labels.clean_text(text, _MOST_LETTERS + 1) or ""
        if not self._text or len(self._text) > _MOST_LETTERS:
            raise UsageError(f"describe what you want to hear in at most {_MOST_LETTERS} characters")
        self.service = options.needed_service()
        if not self.service.has_key:
            raise UsageError(
                f"no language model is set up: {self.service.key_variable} is not set. Set it, name a model on this "
                f"machine in the setting classify.models, or write a query: {_examples()}"
            )
        genres = store.search.tallies(Query.parse(""), store.context()).genres
        names = (Labels.clean_text(genre, 40) for genre in tuple(genres)[:MOST_GENRES])
        self.question = SentenceQuestion(sentence=self._text, genres=tuple(filter(None, names)))

    @property
    def consent(self) -> Consent:
        """Consent to send `question` to the model's host."""
        return Consent(self.service.host, _SENT, "ask")

    def understood(self, *, lists: bool) -> ParsedRequest:
        """Query the model.

        lists: whether it may set options of a playlist; else a number of tracks becomes `limit:` of the query
        """
        parsed = ParsedRequest(model=self.service.model)
        for reading in self._readings(OPTIONS_OF_LISTS if lists else OPTIONS_OF_SEARCHES):
            parsed = _with(parsed, reading)
        if not parsed.understood:
            raise UsageError(f"{parsed.model} does not understand '{self._text}'; write a query: {_examples()}")
        if not lists and "n" in parsed.options:
            parsed = replace(parsed, query=f"{parsed.query} limit:{parsed.options['n']}".strip(), options={})
        return parsed

    def _readings(self, options: tuple[str, ...]) -> Iterable[ModelReading]:
        client = Questioner(self.service, partial(sentence_prompt, options=options), read_readings)
        limits = replace(_LIMITS, timeout_s=600.0, max_wait_s=600.0) if self.service.is_local else _LIMITS
        problem = ""
        for event in BatchRun(client, self._clock or BatchClock(), limits, random.random).run({0: self.question}):
            if isinstance(event, Answered):
                return event.answers[0]
            if isinstance(event, GivenUp) and event.fault is not None:
                problem = event.fault.message
            elif isinstance(event, Stopped):
                problem = problem or event.reason
        raise Map4Error(f"the language model did not answer: {problem}. Write a query: {_examples()}")


def _examples() -> str:
    return "; ".join(f"map4 search {query}" for query in QUERIES)


def _with(parsed: ParsedRequest, reading: ModelReading) -> ParsedRequest:
    """Add an interpretation if it is a valid query or option; its words are not understood otherwise."""
    words = " ".join(reading.words.split())
    try:
        if not reading.option and reading.query and _is_allowed(reading.query):
            query = Query.narrowed(parsed.query, reading.query)
            Query.parse(query)
            understood = Understood(words=words, meant=reading.query)
            return replace(parsed, query=query, understood=(*parsed.understood, understood))
        if not reading.query and reading.option in OPTIONS_OF_LISTS and reading.option not in parsed.options:
            options = {**parsed.options, reading.option: _value(reading)}
            ListRequest(**options).settled()
            meant = f"{'-n' if reading.option == 'n' else f'--{reading.option}'} {reading.value}"
            understood = Understood(words=words, meant=meant)
            return replace(parsed, options=options, understood=(*parsed.understood, understood))
    except (UsageError, ValueError):
        pass
    return replace(parsed, not_understood=(*parsed.not_understood, words)) if words else parsed


def _is_allowed(query: str) -> bool:
    """True if it has only terms with fields that a model may use; raises UsageError if it is no query."""
    if len(query) > _MOST_MODEL_LETTERS or not query.isprintable():
        return False
    Query.parse(query)
    return Query.kinds(query) <= {*MODEL_KINDS}


def _value(reading: ModelReading) -> Any:
    if len(reading.value) > _MOST_MODEL_LETTERS or not reading.value.isprintable():
        raise ValueError(reading.value)
    return {"n": int, "minutes": float}.get(reading.option, str)(reading.value)

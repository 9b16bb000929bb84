"""Turn a sentence into a query or a playlist: grammar, optional model, and result."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from map4.base.given_paths import absolute_path
from map4.base.records import Json, Record
from map4.base.shown import Shown, repr_line
from map4.errors import NothingFoundError, QueryError, UsageError
from map4.extras.ask.prompt import MOST_GENRES, SentenceQuestion, read_readings, sentence_prompt
from map4.extras.ask.sentence.parsed_request import ParsedRequest, Vocabulary, with_model
from map4.extras.ask.sentence.rules import BPM_NEAR, MOST_LETTERS, understand
from map4.extras.shared.batches import Answered, BatchLimits, BatchRun, GivenUp, Stopped
from map4.extras.shared.consent import Consent
from map4.extras.shared.language_model import ModelService, Questioner
from map4.extras.shared.options import ModelOptions
from map4.extras.shared.service import BatchClock
from map4.lists import GenerateOptions, ListDocument, Pick, Playlist
from map4.music.analysis.median import median
from map4.music.columns import Columns
from map4.music.query.parser import narrowed, parse_query
from map4.music.track.labels import clean_text
from map4.music.track.track import Track
from map4.music.track.track_cells import numbered_cells
from map4.music.track.track_fields import Tracks
from map4.search import NameResolver
from map4.store.query_context import nothing_found, query_context

EXAMPLES = ("an hour of house, rising", "20 techno tracks from the 90s", "like 'velvet undertow', 118-124 bpm")
_SENT = ("sentence", "genres")
# The largest change of tempo within a list under the default policy: twice the limit of a step.
_MOST_MOVE = 0.12
_LIMITS = BatchLimits(batch_size=1, concurrency=1, max_wait_s=60.0)


class AskAnswer(
    Record,
    Shown,
    kind="ask",
    members="text=parsed.text understood=parsed.understood not_understood=parsed.not_understood"
    " kind=parsed.kind query=parsed.query options=list_options command model notes result",
):
    """How a sentence was understood, and the result.

    options: options of the list; None for a search
    text: the sentence
    not_understood: words that were ignored
    command: the equivalent command, word by word
    model: the model used for the remaining words; None if none was used
    notes: problems with the model
    tracks, playlist: the result of a search or a list; None before it ran
    """

    parsed: ParsedRequest
    command: tuple[str, ...]
    options: GenerateOptions | None = None
    seeds: tuple[str, ...] = ()
    model: str | None = None
    notes: tuple[str, ...] = ()
    tracks: tuple[Track, ...] | None = None
    playlist: Playlist | None = None

    def __repr__(self) -> str:
        return repr_line(self, shlex.join(self.command))

    def rows(self) -> list[Mapping[str, str]]:
        return numbered_cells(self.tracks or ()) if self.playlist is None else self.playlist.rows()

    def words(self) -> Sequence[str]:
        left = [f"not understood: {', '.join(self.parsed.not_understood)}"] if self.parsed.not_understood else []
        return [*(self.playlist.words() if self.playlist else ()), shlex.join(self.command), *left, *self.notes]

    @property
    def list_options(self) -> Mapping[str, Any]:
        """Options of the playlist: minutes, n, curve, preset, seeds, to …"""
        ends = {"seeds": list(self.seeds), "to": self.options.to if self.options else None}
        return {name: value for name, value in {**self.parsed.options, **ends}.items() if value not in ([], None)}

    @property
    def result(self) -> Annotated[dict[str, Any], Json(like=Tracks | ListDocument)] | None:
        """The result; None with --dry-run, or if no list can be made."""
        if self.tracks is not None:
            return Tracks(tracks=self.tracks).to_record()
        return None if self.playlist is None else self.playlist.to_record()


class AskRequest:
    """A sentence and a library, made by `Library.prepare_ask`; `make` makes a list."""

    def __init__(
        self,
        text: str,
        options: ModelOptions,
        names: NameResolver,
        make: Callable[[tuple[str, ...], GenerateOptions], Iterator[Pick | Playlist]],
    ) -> None:
        self._store, self._names, self._context = names.store, names, query_context(names.store)
        self._make, self._clock = make, options.clock
        self._service = None if options.provider is None else options.needed_service()
        self._without_track: list[str] = []
        known = Vocabulary(genres=self._genres, finds=self._finds, path_of=self._noted_path_of, bpm_of=self._bpm_of)
        self._parsed = understand(clean_text(text, MOST_LETTERS + 1) or "", known)

    @cached_property
    def _genres(self) -> tuple[str, ...]:
        return tuple(self._store.search.tallies(parse_query(""), self._context).genres)

    def _finds(self, query: str) -> bool:
        with suppress(QueryError):  # of an extra that is not installed
            return self._store.search.count(parse_query(query), self._context) > 0
        return False

    def _bpm_of(self, path: str) -> float | None:
        track = self._store.tracks.track(path)
        return None if track is None else track.bpm()

    def _noted_path_of(self, name: str) -> str | None:
        path = self._path_of(name)
        self._without_track += [name] if path is None else []
        return path

    def _path_of(self, name: str) -> str | None:
        if set(name) & set("/\\") and self._store.tracks.track(path := absolute_path(name)) is not None:
            return path
        words = [word for word in re.findall(r"\w+", name) if word.casefold() != "or"]
        # checked first, because fuzzy name search takes seconds in a large library
        if not words or not self._finds(" ".join(words)):
            return None
        try:
            [track] = self._names.resolve([name])
        except NothingFoundError:
            return None
        return track.path if track.track is not None else None

    @property
    def service(self) -> ModelService | None:
        """The model that would get `question`; None if none is configured, nothing is left, or its key is missing."""
        service = self._service if self._parsed.not_understood else None
        return service if service is not None and service.has_key else None

    @property
    def question(self) -> SentenceQuestion:
        """What would be sent to a model."""
        genres = tuple(filter(None, (clean_text(genre, 40) for genre in self._genres[:MOST_GENRES])))
        return SentenceQuestion(sentence=self._parsed.text, not_understood=self._parsed.not_understood, genres=genres)

    @property
    def consent(self) -> Consent:
        """Consent to send it to the model's host."""
        return Consent(None if self.service is None else self.service.host, _SENT, "ask")

    def understood(self) -> AskAnswer:
        """Return how the sentence is understood; uses the model, if any, for remaining words."""
        parsed, service, notes = self._parsed, self.service, list[str]()
        if service is not None:
            parsed, notes = self._ask(service)
        elif self._service is not None and not self._service.has_key:
            notes = [f"{self._service.key_variable} is not set, so no model was used"]
        if self._without_track and parsed.not_understood and not parsed.options.get("seeds"):
            notes = [*notes, f"no track matches '{self._without_track[-1].removesuffix(' or')}'"]
        if not parsed.understood:
            what = f"'{parsed.text}' is not understood" if parsed.text else "describe what you want to hear"
            raise UsageError("; ".join([*notes, f"{what}; try: {', or '.join(EXAMPLES)}"]))
        command: tuple[str, ...] = ("map4", "search", parsed.query)
        options, seeds = None, tuple[str, ...]()
        if parsed.kind == "playlist":
            seeds, goal = self._ends(parsed)
            chosen = {name: value for name, value in parsed.options.items() if name != "seeds"}
            options = GenerateOptions(query=parsed.query, to=goal, **chosen)
            options.settled()  # raises if options are invalid
            command = ("map4", "playlist", *_option_words(options, parsed, seeds))
        model = None if service is None else service.model
        return AskAnswer(
            parsed=parsed, command=command, options=options, seeds=seeds, model=model, notes=tuple(notes)
        )  # fmt: skip

    def answer(self, understood: AskAnswer) -> AskAnswer:
        """Return the understood request with its result."""
        if understood.options is not None:
            *_, playlist = self._make(understood.seeds, understood.options)
            assert isinstance(playlist, Playlist)
            return replace(understood, playlist=playlist)
        tracks = tuple(self._store.search.select(parse_query(understood.parsed.query), self._context))
        if not tracks:
            raise NothingFoundError(nothing_found(understood.parsed.query))
        return replace(understood, tracks=tracks)

    def _ask(self, service: ModelService) -> tuple[ParsedRequest, list[str]]:
        client = Questioner(service, sentence_prompt, read_readings)
        limits = replace(_LIMITS, timeout_s=600.0, max_wait_s=600.0) if service.is_local else _LIMITS
        parsed, problem = self._parsed, None
        for event in BatchRun(client, self._clock or BatchClock(), limits, random.random).run({0: self.question}):
            if isinstance(event, Answered):
                parsed = with_model(parsed, event.answers[0])
            elif isinstance(event, GivenUp) and event.fault is not None:
                problem = event.fault.message
            elif isinstance(event, Stopped):
                problem = problem or event.reason
        return parsed, [] if problem is None else [f"the model did not answer: {problem}"]

    # ---- first and last tracks -------------------------------------------------------------------

    def _ends(self, parsed: ParsedRequest) -> tuple[tuple[str, ...], str | None]:
        """Paths of the seeds and of the last track."""
        seeds: tuple[str, ...] = parsed.options.get("seeds", ())
        goal = None
        if "end" in parsed.ends:
            columns, row = self._track_with(parsed.query, parsed.ends["end"], "last", but=seeds)
            goal = self._path(columns, row)
            if not seeds and "start" not in parsed.ends:
                seeds = (self._start_towards(parsed.query, columns, row),)
        if "start" in parsed.ends:
            but = [] if goal is None else [goal]
            seeds = (self._path(*self._track_with(parsed.query, parsed.ends["start"], "first", but=but)), *seeds)
        return seeds, goal

    def _track_with(self, query: str, term: str, which: str, *, but: Sequence[str]) -> tuple[Columns, int]:
        """Return the most certain matching track with this key, or with the nearest tempo within 1 BPM, except the
        recordings at these paths."""
        name, _, value = term.partition(":")
        wanted = term if name == "key" else f"bpm:{float(value) - BPM_NEAR:g}..{float(value) + BPM_NEAR:g}"
        columns = self._store.search.columns(parse_query(narrowed(query, wanted)), self._context)
        left_out = self._store.tracks.tracks_by_id(self._store.search.at_paths(but).file_ids)
        others = self._store.search.recordings_of(left_out)
        columns = columns.take(np.flatnonzero(~np.isin(columns.file_id, list(others))))
        if not len(columns):
            what = f" that matches '{query}'" if query else ""
            raise NothingFoundError(f"no {'other ' * bool(others)}track{what} can be the {which} with {wanted}")
        sure = np.nan_to_num(columns.key_confidence if name == "key" else columns.tempo_confidence, nan=1.0)
        away = np.zeros(len(columns)) if name == "key" else np.abs(columns.bpm - float(value)).round(1)
        return columns, int(np.lexsort((columns.file_id, -sure, away))[0])

    def _start_towards(self, query: str, goals: Columns, row: int) -> str:
        """A track of typical tempo among the matches, from which the last track can be reached."""
        columns = self._store.search.columns(parse_query(query), self._context)
        far = np.abs(columns.bpm / goals.bpm[row] - 1.0)
        near = np.flatnonzero((far <= _MOST_MOVE) & (columns.audio_id != goals.audio_id[row]))
        if not len(near):
            raise NothingFoundError(
                "no track reaches the last track's tempo in allowed steps; name the first with 'like TRACK'"
            )
        away = np.abs(columns.bpm[near] - median(columns.bpm[near])).round(1)
        return self._path(columns, int(near[np.lexsort((columns.file_id[near], away))[0]]))

    def _path(self, columns: Columns, row: int) -> str:
        return next(iter(self._store.tracks.tracks_by_id([int(columns.file_id[row])]))).path


def _option_words(options: GenerateOptions, parsed: ParsedRequest, seeds: tuple[str, ...]) -> Iterator[str]:
    """Options as words of a command line."""
    if parsed.query:
        yield from ("--query", parsed.query)
    for seed in seeds:
        yield from ("--from" if options.to else "--seed", seed)
    if options.to:
        yield from ("--to", str(options.to))
    for name, value in parsed.options.items():
        if name == "with_seed":
            yield "--no-seed"
        elif name != "seeds":
            yield from ("-n" if name == "n" else f"--{name}", f"{value:g}" if isinstance(value, float) else str(value))

"""Label tracks: existing labels stay, cached answers are reused, the rest is queried or labelled by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from map4.core.base.records import Count, Record
from map4.core.base.text import utc_text
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Track
from map4.extras.classify.answer_cache import AnswerCache
from map4.extras.classify.facts import FilesToLabel, TrackNames, facts_of, same_question
from map4.extras.shared.batches import Answered, BatchEvent, BatchRun, GivenUp, Stopped, Waiting
from map4.extras.shared.service import Fault
from map4.labels import LabelProvider, SqlLabels

T = TypeVar("T")

# Labels that need no query are stored in batches of this size: a transaction each would dominate the time.
_LOT = 250

Via = Literal["known", "cached", "asked", "rules"]
"""The origin of a label: existing, cached, from a service, or from rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A track with its labels; without, if no service answered and rules know no genre."""

    track: Track
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNotice:
    """A notice for the user; `is_fault`: also shown when only errors are."""

    message: str
    is_fault: bool = False


class LabelSummary(Record, kind="classify-summary", members="* sources"):
    """The result of classify.

    tracks: with labels now
    known: already had labels
    cached: labelled by a cached answer
    asked: labelled by a new answer
    rules: labelled by rules, or left because rules had nothing better
    unknown: with the genre Unknown
    unanswered: tracks that a service was to label but did not; of these, only genres by rules are stored
    sources: tracks by source of their labels
    skipped: tracks that can't be labelled, since their audio could not be identified
    input_tokens, output_tokens: as the service counts them
    stopped: why the queries ended early; None if they did not
    """

    tracks: Count = 0
    known: Count = 0
    cached: Count = 0
    asked: Count = 0
    rules: Count = 0
    unknown: Count = 0
    unanswered: Count = 0
    sources: Mapping[str, Count] = field(default_factory=dict)
    skipped: Count = 0
    requests: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    model: str | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingFinished:
    """The end of a run."""

    summary: LabelSummary


LabelEvent = Labelled | LabelNotice | LabellingFinished


@dataclass(slots=True, eq=False)
class TrackGroup(Generic[T]):
    """Tracks with the same question: the same audio, or the same artist, title and year."""

    facts: TrackNames
    tracks: list[T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted(Generic[T]):
    """Tracks by the work that they need."""

    known: Sequence[T]
    cached: Sequence[tuple[TrackGroup[T], Labels]]
    open: Sequence[TrackGroup[T]]
    skipped: int


def labels_by(rules: Sequence[LabelProvider], tracks: Sequence[Track]) -> list[Labels | None]:
    """Return the labels of rules for tracks; each rule gets the tracks that the previous rules left out."""
    facts = facts_of(tracks)
    answers: list[Labels | None] = [None] * len(tracks)
    for rule in rules:
        silent = [place for place, labels in enumerate(answers) if labels is None]
        results = rule.label([facts[place] for place in silent]) if silent else ()
        for place, labels in zip(silent, results, strict=True):
            answers[place] = labels
    return answers


def sort_tracks(
    tracks: Sequence[T],
    files: FilesToLabel,
    *,
    cache: AnswerCache,
    model: str | None,
    force: bool,
    accepts: Callable[[Labels], bool],
) -> Sorted[T]:
    """Determine which tracks need an answer; nothing is sent and nothing stored.

    files: values of the tracks, in their order
    cache: used if there is a `model`, the name under which its answers are stored
    force: ignore answers
    accepts: whether existing labels are acceptable
    """
    known, others = files.to_label(accepts)
    copies: dict[str | None, list[int]] = {}
    for place in others:
        copies.setdefault(files.audio_ids[place], []).append(place)
    fullest = [max(places, key=files.tags_known) for places in copies.values()]
    groups: dict[Any, TrackGroup[T]] = {}
    for facts, places in zip(files.names(fullest), copies.values(), strict=True):
        question, copied = same_question(*facts[:4]), [tracks[place] for place in places]
        if question in groups:
            groups[question].tracks += copied
        else:
            groups[question] = TrackGroup(facts, copied)
    cached, unanswered = [], []
    for group in groups.values():
        labels = cache.get(group.facts, model) if model is not None and not force else None
        if labels is None:
            unanswered.append(group)
        else:
            cached.append((group, labels))
    skipped = len(tracks) - len(known) - len(others)
    return Sorted(known=[tracks[place] for place in known], cached=cached, open=unanswered, skipped=skipped)


def is_answer_of(labels: Labels, model: str, source: str = "claude") -> bool:
    """Return whether labels are what this model would answer again."""
    return labels.source == source and labels.model == model and labels.prompt_version == Labels.PROMPT_VERSION


def _surest(tracks: Sequence[Track], results: Sequence[Labels | None]) -> dict[str | None, Labels]:
    """Return the most confident labels for each audio, as copies share their labels."""
    surest: dict[str | None, Labels] = {}
    for track, labels in zip(tracks, results, strict=True):
        before = surest.get(track.audio_id)
        if labels is not None and (before is None or labels.confidence > before.confidence):
            surest[track.audio_id] = labels
    return surest


@dataclass(slots=True, kw_only=True)
class Labelling:
    """A labelling run.

    store: stores labels
    cache: stores answers
    rules: label tracks without an answer, each those that the previous rules leave out
    batches: queries the service; None for no service
    model: the queried model
    cache_name: key of its answers; None is the model
    replace_all: allow rules to replace a service's labels
    """

    store: SqlLabels
    cache: AnswerCache
    rules: Sequence[LabelProvider]
    batches: BatchRun[TrackNames, Labels] | None
    model: str | None
    cache_name: str | None = None
    replace_all: bool = False
    _counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("known", "cached", "asked", "rules"), 0), init=False
    )
    _sources: dict[str, int] = field(default_factory=dict, init=False)
    _unknown: int = field(default=0, init=False)
    _stopped: str | None = field(default=None, init=False)
    _is_broken: bool = field(default=False, init=False)
    _reported: set[str] = field(default_factory=set, init=False)
    _unanswered: dict[int, Fault] = field(default_factory=dict, init=False)
    _step: str = field(default_factory=lambda: utc_text(datetime.now(UTC)), init=False)
    _tracks_unanswered: int = field(default=0, init=False)

    def run(self, sorted_tracks: Sorted[Track], *, max_tracks: int | None = None) -> Iterator[LabelEvent]:
        """Label tracks; each is stored before its event, and in the end all have labels that a service or a rule knows.

        sorted_tracks: from `sort_tracks`
        max_tracks: maximum number to query; the others get the labels of the rules for now
        """
        for track in sorted_tracks.known:
            yield self._event(track, "known")
        for start in range(0, len(sorted_tracks.cached), _LOT):
            yield from self._keep(sorted_tracks.cached[start : start + _LOT], "cached")
        askable = [group for group in sorted_tracks.open if group.facts.title] if self.model is not None else []
        chosen, sent = dict(enumerate(askable[:max_tracks])), set[int]()
        if self.batches is None:
            self._tracks_unanswered = sum(len(group.tracks) for group in chosen.values())
        elif chosen:
            for event in self.batches.run({number: group.facts for number, group in chosen.items()}):
                yield from self._take(event, chosen)
            sent = {id(group) for group in chosen.values()}
        yield from self._guess([group for group in sorted_tracks.open if id(group) not in sent])
        if self._unanswered and self._stopped is None:
            reasons = "; ".join(sorted({fault.message for fault in self._unanswered.values()}))
            problem = f"no answer about {len(self._unanswered):,} of {len(chosen):,} ({reasons})"
            yield LabelNotice(message=f"{problem}; the next 'map4 classify' queries them again", is_fault=True)
        yield LabellingFinished(summary=self._summary(sorted_tracks.skipped))

    def _take(self, event: BatchEvent[Labels], chosen: Mapping[int, TrackGroup[Track]]) -> Iterator[LabelEvent]:
        if isinstance(event, Answered):
            answers = [(chosen[number], labels) for number, labels in event.answers.items()]
            assert self.model is not None
            self.cache.put([(group.facts, labels) for group, labels in answers], self.cache_name or self.model)
            yield from self._keep(answers, "asked")
        elif isinstance(event, Waiting):
            # Parallel batches meet the same fault at the same time; report it once.
            if event.fault.message not in self._reported:
                self._reported.add(event.fault.message)
                yield LabelNotice(message=f"{event.fault.message}; trying again in {event.seconds:.0f} s")
        elif isinstance(event, Stopped):
            self._stopped, self._is_broken = event.reason, event.fault is not None
            yield LabelNotice(message=f"stopped asking: {event.reason}", is_fault=True)
        elif isinstance(event, GivenUp):
            if event.fault is not None:
                self._unanswered |= dict.fromkeys(event.ids, event.fault)
            groups = [chosen[number] for number in event.ids]
            if event.fault is not None or self._is_broken:
                self._tracks_unanswered += sum(len(group.tracks) for group in groups)
            yield from self._guess(groups)

    def _guess(self, groups: Iterable[TrackGroup[Track]]) -> Iterator[LabelEvent]:
        # Each track separately: tracks with the same question may be in several folders.
        every = list(groups)
        for start in range(0, len(every), _LOT):
            lot = [track for group in every[start : start + _LOT] for track in group.tracks]
            surest = _surest(lot, labels_by(self.rules, lot))
            yield from self._store_all(
                [(track, self._rule_for(track, surest.get(track.audio_id))) for track in lot], "rules"
            )

    def _rule_for(self, track: Track, labels: Labels | None) -> Labels | None:
        """Return the labels of rules, unless the track has a service's answer, even of an older model.

        returns: its labels as before, even None, if rules know no genre instead of a service
        """
        before, labels = track.labels, labels or Labels()
        keeps = before is not None and before.source in Labels.MODEL_SOURCES and not self.replace_all
        return before if keeps or (self.model is not None and labels.genre == Labels.UNKNOWN) else labels

    def _keep(self, answers: Iterable[tuple[TrackGroup[Track], Labels]], via: Via) -> Iterator[LabelEvent]:
        yield from self._store_all([(track, labels) for group, labels in answers for track in group.tracks], via)

    def _store_all(self, pairs: Sequence[tuple[Track, Labels | None]], via: Via) -> Iterator[LabelEvent]:
        known = {track.audio_id: labels for track, labels in pairs if track.audio_id is not None and labels is not None}
        self.store.put(known, now=datetime.now(UTC), step=self._step)
        for track, labels in pairs:
            yield self._event(replace(track, labels=labels), via)

    def _event(self, track: Track, via: Via) -> Labelled:
        if track.labels is not None:
            self._counts[via] += 1
            self._sources[track.labels.source] = self._sources.get(track.labels.source, 0) + 1
            self._unknown += track.labels.genre == Labels.UNKNOWN
        return Labelled(track=track, via=via)

    def _summary(self, skipped: int) -> LabelSummary:
        batches = self.batches
        return LabelSummary(
            tracks=sum(self._counts.values()), **self._counts, unknown=self._unknown,
            unanswered=self._tracks_unanswered, sources=dict(sorted(self._sources.items())), skipped=skipped,
            requests=batches.requests if batches else 0, input_tokens=batches.input_tokens if batches else 0,
            output_tokens=batches.output_tokens if batches else 0, model=self.model if batches else None,
            stopped=self._stopped,
        )  # fmt: skip

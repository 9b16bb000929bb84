"""Tempo ranges that users set: which of its measured tempi a track has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from map4.core.base.actor import Actor, needs, served
from map4.core.base.files.undo import UndoStep
from map4.core.base.records import Count, Json, Moment, Record
from map4.core.music.query.fields import field_named
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import Between, Token, Under, Words
from map4.core.music.track.fields import QUERIED
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.values.store.tempo_ranges import SqlTempoRanges, StoredRange
from map4.values.tempo_range import TempoRange

_Range = Annotated[str, Json(pattern="^[0-9]+[.][.][0-9]+$")]
# Other fields depend on the tempo, on the person, or on the day.
_FIELDS = {None, "path", *(name for name, field in QUERIED.items() if field.kind in ("text", "whole"))}
Winners = Mapping[str, StoredRange]  # by audio id
Progress = Callable[[int, int], object]


class SetTempoRange(Record):
    """The tempo range of a query.

    query: its tracks; empty for all tracks
    tracks: recordings for which it counts
    outside: recordings among them without a tempo inside, which keep their measured tempo
    """

    query: str
    range: _Range
    set_at: Moment
    tracks: Count
    outside: Count


class TempoRangeList(Record, kind="tempo-ranges"):
    """The tempo ranges of the library; of several that match a track, the last counts ('map4 set ranges --json')."""

    ranges: tuple[SetTempoRange, ...]


class TempoRangeChange(Record, kind="tempo-range-change"):
    """A set, removed or restored tempo range, or a dry run ('map4 set tempo-range=80..159 --json').

    range: None if it was removed
    before: the range of the query until then
    tracks, outside: as in `map4/tempo-ranges/1`
    changed: recordings whose measured tempo changes
    """

    dry_run: bool
    query: str
    range: _Range | None
    before: _Range | None
    tracks: Count
    changed: Count
    outside: Count


@needs("read")
class TempoRanges:
    """Tempo ranges by folder, genre or query; `map4.Library.tempo_ranges`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store, self._stored = store, store.part(SqlTempoRanges)

    @served("GET", "/tempo-ranges", "Tempo ranges, each with its query, as `map4 set ranges`.")
    def all(self) -> TempoRangeList:
        """Return the ranges, with the number of tracks for which each counts."""
        rules = self._stored.all()
        winners = find_winners(self._store, rules)
        bpm = {audio: bpm for audio, (bpm, _) in self._stored.measured().items()}
        ranges = (
            SetTempoRange(query=rule.query, range=str(rule.range), set_at=rule.set_at, **_counts(rule, winners, bpm))
            for rule in rules
            if rule.range is not None
        )
        return TempoRangeList(ranges=tuple(ranges))

    @needs("correct")
    @served("POST", "/tempo-ranges",
            "Set the tempo range of a query, or of all tracks, as `map4 set tempo-range=80..159`; null removes it.",
            {"range:tempo_range": (str | None, ...), "query": (str, ""), "dry_run": (bool, False)}, "TempoRange",
            queue="write", example={"range": "80..159", "query": "genre:house", "dry_run": True})  # fmt: skip
    def set(
        self,
        tempo_range: str | None,
        *,
        query: str = "",
        dry_run: bool = False,
        progress: Progress = lambda done, of: None,
    ) -> TempoRangeChange:
        """Set the range of tempi of the tracks that match a query, now and after each scan.

        Measured tempi outside are dropped; beats, bars and grid follow. A track without a tempo inside keeps its own;
        tempi and grids that a user set stay.

        tempo_range: "80..159", an octave at least; None removes it and restores the measured tempi
        query: words, texts such as genre:, year: and path:; empty is all tracks
        dry_run: only report what would change
        progress: called with the number of recordings that are done, and their total
        raises UsageError: if the range is too narrow, or the query depends on the tempo or on a person
        raises QueryError: if the query is invalid
        """
        try:
            wanted = None if tempo_range is None else TempoRange.read(tempo_range)
        except ValueError as error:
            raise UsageError(str(error)) from None
        text, rules = _scope(query), self._stored.all()
        before = next((rule.range for rule in rules if rule.query == text), None)
        if wanted is None and before is None:
            raise NothingFoundError(
                f"no tempo range is set for {scope_words(text)}; 'map4 set ranges' lists the ranges"
            )
        others, new = [rule for rule in rules if rule.query != text], StoredRange(query=text, range=wanted)
        rules = [*others, new] if text else [new, *others]
        put = partial(self._stored.put, text, wanted, now=datetime.now(UTC))
        return self._changed(text, rules, before, None if dry_run else put, progress)

    @needs("correct")
    @served("POST", "/tempo-ranges/undo", "Undo the last change of a range, as `map4 set ranges --undo`.",
            queue="write")  # fmt: skip
    def undo(self, *, progress: Progress = lambda done, of: None) -> TempoRangeChange:
        """Undo the last change of a range.

        progress: as in `set`
        raises NothingFoundError: if there is none
        """
        rules = self._stored.all()
        last = _last(rules)
        if last is None:
            raise NothingFoundError("there is no change of a tempo range to undo; 'map4 set ranges' lists the ranges")
        rules.remove(last)
        text, at, place = last.before or (None, None, 0)
        if at is not None:
            rules.append(
                StoredRange(query=last.query, range=TempoRange.read(text) if text else None, set_at=at, place=place)
            )
            rules.sort(key=lambda rule: (rule.query != "", rule.place, rule.set_at))
        return self._changed(last.query, rules, last.range, partial(self._stored.undo, last), progress)

    def _changed(
        self,
        query: str,
        rules: Sequence[StoredRange],
        before: TempoRange | None,
        store: Callable[[], object] | None,
        progress: Progress,
    ) -> TempoRangeChange:
        """Choose the tempi of rules that `store` stores; None is a dry run."""
        # The next scan completes what is stopped, while there is a range. The last one stays until its work is done.
        is_last = not any(rule.range for rule in rules)
        if store is not None and not is_last:
            store()
        winners, measured = find_winners(self._store, rules), self._stored.measured()
        bpm = {audio_id: bpm for audio_id, (bpm, _) in measured.items()}
        chosen = _apply(self._store, winners, measured, progress, dry_run=store is None)
        if store is not None and is_last:
            store()
        rule = next((rule for rule in rules if rule.query == query), None)
        return TempoRangeChange(
            dry_run=store is None,
            query=query,
            range=str(rule.range) if rule and rule.range else None,
            before=str(before) if before else None,
            changed=sum(bpm[audio_id] != new for audio_id, new in chosen.items()),
            **_counts(rule, winners, bpm | chosen),
        )


def choose_tempi(store: Store, among: Collection[str] | None = None, *, field: str | None = None) -> Collection[str]:
    """Apply the tempo ranges to analyses that are new or whose tracks changed. Returns the audio ids that changed.

    among: audio ids; None is all
    field: only if a range is for values of this field
    """
    stored = store.part(SqlTempoRanges)
    rules = stored.all()
    if not any(rule.range and (field is None or field in Query.parse(rule.query).fields) for rule in rules):
        return ()
    return _apply(store, find_winners(store, rules, among), stored.measured(among)).keys()


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The last change of a tempo range."""
    if (last := _last(store.part(SqlTempoRanges).all())) is not None:
        what = f"tempo range of {scope_words(last.query)}: {last.range or 'removed'}"
        yield UndoStep(kind="tempo-range", at=last.set_at, what=what, command=("set", "ranges", "--undo"))


def scope_words(query: str) -> str:
    """The tracks of a query, for messages."""
    return query or "all tracks"


def find_winners(store: Store, rules: Sequence[StoredRange], among: Collection[str] | None = None) -> Winners:
    """The last range that matches a file of each audio id."""
    stored, context, winners = store.part(SqlTempoRanges), store.context(), dict[str, StoredRange]()
    for rule in rules:
        if rule.range is not None:
            # A file on a drive that is not connected keeps its range.
            where = store.search.where(Query.narrowed(rule.query, "is:any"), context)
            winners |= dict.fromkeys(stored.audio(where, among), rule)
    return winners


def _apply(
    store: Store,
    winners: Winners,
    measured: Mapping[str, tuple[float | None, str | None]],
    progress: Progress = lambda done, of: None,
    *,
    dry_run: bool = False,
) -> dict[str, float | None]:
    """Choose the tempi that another range chose, and return them.

    measured: as `SqlTempoRanges.measured` returns it
    """
    wanted, chosen = dict[str, TempoRange | None](), dict[str, float | None]()
    for audio_id, (_, applied) in measured.items():
        tempo_range = winners[audio_id].range if audio_id in winners else None
        if (tempo_range and str(tempo_range)) != applied:
            wanted[audio_id] = tempo_range
    for number, (audio_id, bpm) in enumerate(store.part(SqlTempoRanges).choose(wanted, dry_run=dry_run), start=1):
        chosen[audio_id] = bpm
        progress(number, len(wanted))
    return chosen


def _counts(rule: StoredRange | None, winners: Winners, bpm: Mapping[str, float | None]) -> dict[str, int]:
    tempi, inside = [bpm.get(audio) for audio, winner in winners.items() if winner is rule], (rule and rule.range) or ()
    return {"tracks": len(tempi), "outside": sum(each is not None and each not in inside for each in tempi)}


def _last(rules: Sequence[StoredRange]) -> StoredRange | None:
    """The change of a range that was made last and is not undone."""
    return max((rule for rule in rules if rule.before is not None), key=lambda rule: rule.place, default=None)


def _scope(query: str) -> str:
    """The query with absolute paths; it must mean the same tomorrow, for any person and after the tempo changed."""
    parsed = Query.parse(query)
    conditions = [term.condition for group in parsed.groups for term in group]
    known = [
        isinstance(each, Under) or (isinstance(each, (Words, Between)) and each.field in _FIELDS) for each in conditions
    ]
    if parsed.sort or parsed.limit is not None or parsed.offset or not all(known):
        raise UsageError(
            f"a tempo range can't be for '{query}': use words, texts such as genre: and artist:, year: and path:; "
            "other terms depend on the tempo, the person or the day"
        )
    return " ".join(token.placed(field_named(token.field) if token.field else None) for token in Token.all(query))

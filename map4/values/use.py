"""Validate user values, and plan their changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

from map4.core.base.call_options import CallOptions, option
from map4.core.base.text import MOST_LETTERS, clean, clock, name_key
from map4.core.music.analysis.analysis import Tempo
from map4.core.music.analysis.inside import LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import MOST_SECONDS
from map4.core.music.track.fields import FIELDS, OF_FILE
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.own_marks import MARK_NAMES, marks_from_data, marks_to_data
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.user_values import OWN_WORD, VALUE_NAMES, StoredValue, ValueChange, ValueName
from map4.core.store.addresses import SqlAddresses
from map4.doctor import respelled_value
from map4.errors import UsageError
from map4.formats import BeatGrid

T = TypeVar("T")
_TEXTS = tuple(name for name in VALUE_NAMES if name in FIELDS and FIELDS[name].kind == "text")
_STARS = FIELDS["rating"]
_WHOLE = tuple(FIELDS[name] for name in ("year", "track", "disc_number", "energy"))
# All but the tempo, which can also be halved and doubled.
Mark = dict[str, float | str | None]
_PLAIN_NAMES: tuple[ValueName, ...] = tuple(name for name in VALUE_NAMES if name not in ("bpm", OWN_WORD))


class ValueEdit(CallOptions):
    """Values to set for some tracks."""

    bpm: float | None = option(None, about="Tempo in BPM, 30-330.")
    factor: float | None = option(None, about="Multiply the current tempo: .5 halves it, 2 doubles it.")
    key: Key | str | None = option(None, about="Key in any notation: 8A, 1m, Am.", reads=Key.parse)
    artist: str | None = option(None, about="The artist.", reads=clean)
    title: str | None = option(None, about="The title.", reads=clean)
    album: str | None = option(None, about="The album.", reads=clean)
    album_artist: str | None = option(None, about="The album artist.", reads=clean)
    track: int | None = option(None, about="Track number on the album, from 1.")
    disc_number: int | None = option(None, about="Disc number, from 1.")
    genre: str | None = option(None, about="The genre.", reads=clean)
    respell: bool = option(
        False, about="Replace only other spellings of the new genre or artist; others stay unchanged.",
    )  # fmt: skip
    label: str | None = option(None, about="The record label.", reads=clean)
    year: int | None = option(None, about="Year of release, four digits.")
    energy: int | None = option(None, about="Energy level, 1-10.")
    rating: float | None = option(None, about="Stars, 0-5, in halves.")
    comment: str | None = option(None, about="The comment.", reads=clean)
    cues: Sequence[Mark] | None = option(
        None,
        about="Cue points and loops that replace all that you set or imported: each with position_s, and optional "
        "number, name, color, length_s and kind; an empty list removes all.",
    )
    cues_to_copies: bool = option(False, about="Also replace the cue points of the recording's other copies, moved.")
    grid: Sequence[Mark] | None = option(
        None, about="Beat grid: marks, each with position_s and bpm, and optional metre and beat (1 begins a bar)."
    )
    downbeat_s: float | None = option(
        None, about="Begin a bar here: shifts the current grid, with its bars, by less than a beat."
    )
    metre: int | None = option(None, about="With downbeat_s: beats per bar of the grid, 2-7.")
    mark: Sequence[str] = option((), about="Marks to add: your own words.")
    unmark: Sequence[str] = option((), about="Marks to remove.")
    unset: Collection[ValueName] = option(
        (), about="Remove your values of the given fields, so that other sources apply again.", what="value"
    )

    def __post_init__(self) -> None:
        if self.bpm is not None and not Tempo.MIN_BPM <= self.bpm <= Tempo.MAX_BPM:
            within = f"{Tempo.MIN_BPM:g} to {Tempo.MAX_BPM:g}"
            raise UsageError(f"{self.bpm:g} BPM is out of range; set a tempo from {within}")
        tempo_edits = [self.bpm is not None, self.factor is not None, "bpm" in self.unset]
        if sum(tempo_edits) > 1:
            raise UsageError("make one change of the tempo at a time: set, halve, double or unset it")
        for name in _TEXTS:
            text = getattr(self, name)
            if text == "":
                raise UsageError(f"{name}= is empty; --unset {name} removes your value")
            if text is not None and len(text) > MOST_LETTERS:
                raise UsageError(f"{name}= is longer than {MOST_LETTERS:,} letters, the maximum")
        if self.respell and self.genre is None and self.artist is None:
            raise UsageError("respell needs a genre or artist with the new spelling, as in genre='Drum & Bass'")
        for field in _WHOLE:
            number = getattr(self, field.name)
            if number is not None and not field.least <= number <= field.most:
                raise UsageError(f"{field.words} {number} is out of range; set {field.least:g} to {field.most:g}")
        if self.bpm is not None:  # as displayed
            object.__setattr__(self, "bpm", round(self.bpm, 3))
        if self.rating is not None and not (0 <= self.rating <= _STARS.most and float(2 * self.rating).is_integer()):
            raise UsageError(f"{self.rating:g} is not a rating; set 0 to {_STARS.most:g} stars, in halves (3.5)")
        for mark_name in MARK_NAMES:
            if (given := getattr(self, mark_name)) is not None:
                marks = checked(partial(marks_from_data, mark_name), given)
                object.__setattr__(self, mark_name, marks_to_data(marks))  # as stored
        if self.downbeat_s is not None:
            _check_downbeat(self)
        elif self.metre is not None:
            raise UsageError("metre needs downbeat_s, where a bar begins")
        for which in ("mark", "unmark"):
            given = getattr(self, which)
            words = [given] if isinstance(given, str) else given
            object.__setattr__(self, which, tuple(checked(OwnMark.read, word) for word in words))
        if contradictory := {*map(name_key, self.mark)}.intersection(map(name_key, self.unmark)):
            raise UsageError(f"the mark '{contradictory.pop()}' can be added or removed, not both")
        chosen = {name for name in _PLAIN_NAMES if getattr(self, name) is not None}
        if both := [name for name in VALUE_NAMES if name in chosen.intersection(self.unset)]:
            raise UsageError(f"{both[0]} can be set or unset, not both")
        if self.cues_to_copies and "cues" in self.unset:
            raise UsageError("copy cue points or unset them, in separate steps")
        others = chosen or self.unset or self.mark or self.unmark or self.cues_to_copies
        if not any(tempo_edits) and not others and self.downbeat_s is None:
            raise UsageError("name the values to set: bpm=87, key=8A, genre=Techno, or half, double, mark, unset")

    def changes_of(self, tracks: Iterable[Track]) -> Iterator[ValueChange]:
        """Plan the changes, track by track and value by value; nothing is written."""
        for track in tracks:
            for name in VALUE_NAMES:
                if name in self.unset and name != OWN_WORD:
                    yield _unset(track, name)
            tempo_problem = None
            if self.bpm is not None or self.factor is not None:
                yield (tempo := _set_bpm(track, self))
                tempo_problem = tempo.problem
            for name in _PLAIN_NAMES:
                value = getattr(self, name)
                if self.respell and name in ("genre", "artist") and value is not None:
                    value = respelled_value(track, name, value)
                if value is not None:
                    problem = _no_file(track, name) or _no_id(track) or (tempo_problem if name == "grid" else None)
                    if name == "cues":
                        known = {round(cue.position_s, 6) for cue in track.set_cues()}  # imported ones may stay
                        problem = problem or _outside(track, {cue["position_s"] for cue in value} - known)
                    yield _refused(plan_value(track, name, _shown(value)), problem)
            if self.downbeat_s is not None:
                yield _set_downbeat(track, self.downbeat_s, self.metre)
            taken_off = {name_key(mark): mark for mark in self.unmark}
            if OWN_WORD in self.unset:
                taken_off |= {name_key(mark): mark for mark in track.user.marks or ()}
            marks_after = {name_key(mark) for mark in (*(track.user.marks or ()), *self.mark)} - taken_off.keys()
            most = OwnMark.MOST_OF_TRACK
            too_many = f"a track can't have more than {most} marks" if len(marks_after) > most else None
            yield from (plan_mark(track, mark, is_on=False) for mark in taken_off.values())
            held = {name_key(mark): mark for mark in track.user.marks or ()}
            for mark in self.mark:
                # A mark that the track has keeps its spelling.
                change = plan_mark(track, held.get(name_key(mark), mark), is_on=True)
                yield _refused(change, _no_id(track) or too_many)


def checked(read: Callable[[Any], T], given: Any) -> T:
    """The value that `read` returns; its ValueError is raised as a UsageError."""
    try:
        return read(given)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _check_downbeat(edit: ValueEdit) -> None:
    if edit.grid is not None or "grid" in edit.unset or edit.bpm is not None or edit.factor is not None:
        raise UsageError("downbeat_s shifts the current grid; set the tempo or the grid separately")
    if not 0 <= cast("float", edit.downbeat_s) <= MOST_SECONDS:
        raise UsageError(f"downbeat_s={edit.downbeat_s:g} is not a position in a track")
    if edit.metre is not None and not LEAST_BEATS_PER_BAR <= edit.metre <= MOST_BEATS_PER_BAR:
        raise UsageError(f"a bar has {LEAST_BEATS_PER_BAR} to {MOST_BEATS_PER_BAR} beats, not {edit.metre}")


def with_other_files(changes: Sequence[ValueChange], addresses: SqlAddresses) -> tuple[ValueChange, ...]:
    """Add the other affected files to each change of a value that belongs to the audio, not to a file."""
    named = {change.track.path for change in changes}
    files = addresses.files_of({change.address for change in changes if change.is_change and change.address})

    def others(change: ValueChange) -> tuple[str, ...]:
        shared = files.get(change.address or "", ()) if change.is_change else ()
        return tuple(sorted(path for _, path in shared if path not in named))

    return tuple(replace(change, also=others(change)) for change in changes)


def changed_values(changes: Iterable[ValueChange]) -> dict[Any, str]:
    """Each value that changes, with the file it was set for; files with the same audio share it."""
    paths: dict[Any, str] = {}
    for change in changes:
        if change.is_change:
            word = (change.new or change.old) if change.name == OWN_WORD else None
            paths.setdefault((change.address, change.name, word), change.track.path)
    return paths


def plan_mark(track: Track, mark: str, *, is_on: bool) -> ValueChange:
    """The change for adding or removing a mark."""
    held = next((own_mark for own_mark in track.user.marks or () if name_key(own_mark) == name_key(mark)), None)
    return ValueChange(
        track=track, name=OWN_WORD, old=held, new=mark if is_on else None, was_own=held is not None, is_own=is_on
    )


def as_marked(list_id: str, name: str, marks: tuple[str, ...]) -> Track:
    """A list as a track for setting marks: its name replaces the path, its id the audio id."""
    return Track(path=name, state="missing", audio_id=list_id, user=UserValues(marks=marks or None))


def _set_downbeat(track: Track, at_s: float, metre: int | None) -> ValueChange:
    marks = BeatGrid.with_downbeat(BeatGrid.in_force(track), at_s, metre)
    problem = _no_id(track) or (None if marks else "it has no beat grid to shift; set a grid with its tempo")
    return _refused(plan_value(track, "grid", marks_to_data(marks)), problem or _outside(track, [at_s]))


def plan_value(track: Track, name: ValueName, value: StoredValue) -> ValueChange:
    """The change for setting a value; None unsets it."""
    if value is None:
        return _unset(track, name)
    was_own = getattr(track.user, name) is not None
    return ValueChange(track=track, name=name, old=_value_in_force(track, name), new=value, was_own=was_own)


def _set_bpm(track: Track, edit: ValueEdit) -> ValueChange:
    old = track.bpm()
    problem = _no_id(track)
    new = edit.bpm
    if edit.factor is not None:
        new = None if old is None else round(old * edit.factor, 3)
        if new is None:
            problem = "it has no tempo to halve or double; set a tempo with bpm=…"
        elif not Tempo.MIN_BPM <= new <= Tempo.MAX_BPM:
            problem = f"{old:g} BPM can't become {new:g}, which is outside {Tempo.MIN_BPM:g} to {Tempo.MAX_BPM:g}"
    return _refused(plan_value(track, "bpm", new), problem)


def _unset(track: Track, name: ValueName) -> ValueChange:
    without = replace(track, user=replace(track.user, **{name: None}))
    old, new = _value_in_force(track, name), _value_in_force(without, name)
    was_own = getattr(track.user, name) is not None
    return ValueChange(track=track, name=name, old=old, new=new, was_own=was_own, is_own=False)


def _value_in_force(track: Track, name: ValueName) -> StoredValue:
    if name in MARK_NAMES:
        marks = track.set_cues() if name == "cues" else track.set_grid()
        return cast("StoredValue", marks_to_data(marks)) if marks or getattr(track.user, name) is not None else None
    return _shown(next(iter(track.sources(name).values()), None))


def _shown(value: StoredValue | Key) -> StoredValue:
    return value.camelot if isinstance(value, Key) else value


def _no_file(track: Track, name: ValueName) -> str | None:
    return "it is not in the library; 'map4 scan' adds it" if name in OF_FILE and track.uid is None else None


def _outside(track: Track, positions_s: Collection[float]) -> str | None:
    first_s, last_s, end_s = min(positions_s, default=0.0), max(positions_s, default=0.0), track.end_s()
    if first_s < 0.0:
        return f"{first_s:g} s is before its beginning; set a later position"
    if last_s > end_s + 1.0:  # decoders differ
        return f"{clock(last_s)} is beyond its end at {clock(end_s)}; set an earlier position"
    return None


def _no_id(track: Track) -> str | None:
    if track.audio_id is not None:
        return None
    return "its audio could not be identified, so it can't have values"


def _refused(change: ValueChange, problem: str | None) -> ValueChange:
    if problem is None:
        return change
    return replace(change, new=change.old, is_own=change.was_own, problem=problem)

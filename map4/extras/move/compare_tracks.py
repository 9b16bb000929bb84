"""Compare the values of a track in the source and in the result."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from map4.core.music.track.cues import CuePoint, GridMark
from map4.extras.move.records import KINDS, Kind, KindCount, Loss, NotRead
from map4.extras.move.source import MovedTrack
from map4.extras.move.targets import STICK, Target
from map4.formats import BeatGrid

SAME_BEAT_S = 0.002  # beats are equal within this: programs round positions and tempi
ROUNDED_S = 0.004
"""Beats that are off by up to this are changed: map4 adds marks where rounded tempi are 3 ms off, and positions are
rounded."""
_NO_BEAT_S = 30.0
"""Minimum length that a grid is compared on after its last mark, if the length of the track is unknown."""
_METRE = 4


def compare_grids(
    source: Sequence[GridMark], result: Sequence[GridMark], *, length_s: float | None
) -> tuple[float, bool]:
    """Return by how many seconds beats are off at most, and whether bars begin on the same beats.

    source, result: by position, not empty
    length_s: of the track; None if unknown
    """
    ours, theirs = _Beats(source), _Beats(result)
    last_s = max(source[-1].position_s, result[-1].position_s)
    end_s = last_s + _NO_BEAT_S if length_s is None else max(length_s, source[0].position_s)
    off_s, same_bars = 0.0, True
    for time_s, beat in ours.edges(0.0, end_s):
        other_s, other_beat = theirs.nearest(time_s)
        off_s = max(off_s, abs(other_s - time_s))
        same_bars = same_bars and beat in (None, other_beat)
    has_bars = any(mark.beat is not None for mark in source)
    for time_s, _ in theirs.edges(max(0.0, source[0].position_s), end_s):
        other_s, beat = ours.nearest(time_s)
        off_s = max(off_s, abs(other_s - time_s))
        same_bars = same_bars and (not has_bars or beat == theirs.nearest(time_s)[1])
    return off_s, same_bars


class _Beats:
    """The beats of a grid."""

    def __init__(self, marks: Sequence[GridMark]) -> None:
        self._marks = marks
        self._places = [mark.position_s for mark in marks]

    def edges(self, from_s: float, end_s: float) -> Iterator[tuple[float, int | None]]:
        """Yield the first and the last beat of each mark, with the beat of the bar if it is known."""
        for mark, until_s in zip(self._marks, [*self._places[1:], end_s], strict=True):
            period_s = 60.0 / mark.bpm
            first = max(0, -int((mark.position_s - from_s) // period_s))
            last = int((until_s - mark.position_s) / period_s - 0.01) if until_s > mark.position_s + SAME_BEAT_S else -1
            for step in sorted({first, last}):
                time_s = mark.position_s + step * period_s
                if first <= step <= last and time_s <= end_s:
                    yield time_s, None if mark.beat is None else _beat(mark, step)

    def nearest(self, time_s: float) -> tuple[float, int]:
        """Return the beat nearest to a time, and its beat of the bar; a mark without one begins a bar of four."""
        index = max(0, bisect_right(self._places, time_s + SAME_BEAT_S) - 1)
        here = self._marks[index]
        step = round((time_s - here.position_s) * here.bpm / 60.0)
        beat_s = here.position_s + step * 60.0 / here.bpm
        if index + 1 < len(self._marks) and self._places[index + 1] - time_s < abs(beat_s - time_s):
            here, step, beat_s = self._marks[index + 1], 0, self._places[index + 1]
        return beat_s, _beat(here, step)


def _beat(mark: GridMark, step: int) -> int:
    return ((mark.beat or 1) - 1 + step) % (mark.metre or _METRE) + 1


SAME_S = 0.001  # positions of cue points are equal within this: programs write whole milliseconds
_SAME_BPM = 0.005  # tempi are equal within this: programs show two decimals
_SAME_LENGTH_S = 0.002
_OTHER_CUE_S = 5.0  # cue points so far apart are different ones
_NAMES = (
    "title", "artist", "album", "album_artist", "genre", "label", "composer", "remixer", "mix", "grouping", "year",
    "track_number", "disc_number",
)  # fmt: skip
_SCALARS: Mapping[str, Kind] = {
    **dict.fromkeys(_NAMES, "names"), "key": "keys", "rating": "ratings", "play_count": "plays", "last_played": "dates",
    "date_added": "dates", "color": "colors", "comment": "comments", "bpm": "tempi",
}  # fmt: skip
KIND_OF: Mapping[str, Kind] = {
    **_SCALARS, "grid": "grids", "loops": "loops", "structure": "phrases", "vocals": "vocals"
}  # fmt: skip
"""Kinds of values by name; of a cue point more has to be known."""
_ITEMS = {"play_count": "number of plays", "last_played": "last play", "color": "colour", "bpm": "tempo"}
_BEAT_MARKER = "Beat Marker"  # Traktor's own name for a grid marker
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MISSING = "it is not in the result"


@dataclass(slots=True)
class MoveTally:
    """Counts by kind, and the losses in order."""

    target: Target
    equal: Counter[Kind] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)

    def lose(self, kind: Kind, item: str, reason: str = _MISSING, **more: Any) -> None:
        """Record a loss that the program can hold, if `more`, further fields of `Loss`, doesn't say otherwise."""
        fields: dict[str, Any] = {"arrival": "missing", "program_holds": True, **more}
        # A stick also has what map4 measured, and other lists.
        if self.target is not STICK or fields["arrival"] != "added":
            self.losses.append(Loss(kind=kind, item=item, reason=reason, **fields))

    def kinds(self, not_read: Iterable[NotRead] = ()) -> Iterator[KindCount]:
        """Yield the counts of the kinds that occur; unreadable values do not arrive."""
        counts = Counter[tuple[Kind, str]]()
        for unread in not_read:
            if unread.kind is not None:
                counts[unread.kind, "missing"] += unread.count
                counts[unread.kind, "total"] += unread.count
                counts[unread.kind, "program_holds"] += unread.count * unread.program_holds
        for loss in self.losses:
            counts[loss.kind, loss.arrival] += loss.count
            if loss.arrival != "added":
                counts[loss.kind, "total"] += loss.count
                counts[loss.kind, "program_holds"] += loss.count * loss.program_holds
        for kind in KINDS:
            of = {name: counts[kind, name] for name in ("changed", "missing", "added")}
            of |= {name: counts[kind, name] + self.equal[kind] for name in ("total", "program_holds")}
            if any(of.values()):
                yield KindCount(kind=kind, equal=self.equal[kind], **of)


@dataclass(frozen=True, slots=True)
class _Thing:
    """A value of a track, or a cue point.

    name: of the value
    """

    kind: Kind
    name: str
    item: str
    value: Any
    text: str
    count: int = 1


def _things(track: MovedTrack) -> Iterator[_Thing]:
    values, tags = track.values, track.track.my_tags
    for name, kind in _SCALARS.items():
        if (value := getattr(values, name)) is not None:
            yield _Thing(kind, name, _ITEMS.get(name) or name.replace("_", " "), value, _text(value))
    for cue in values.cues:
        yield _Thing(_kind(cue), "cues", _item(cue), cue, _described(cue))
    if values.grid:
        yield _Thing("grids", "grid", "grid", values.grid, _marks(values.grid))
    if values.structure:
        yield _Thing("phrases", "structure", "phrases", values.structure, "", len(values.structure))
    if values.vocals:
        yield _Thing("vocals", "vocals", "vocal parts", values.vocals, "", len(values.vocals))
    if tags:
        yield _Thing("marks", "my_tags", ", ".join(tags), tags, "", len(tags))


def names_of_values(tracks: Iterable[MovedTrack]) -> set[str]:
    """Return the names of all values of tracks; others are not compared."""
    return {thing.name for track in tracks for thing in _things(track)}


def compare_track(
    tally: MoveTally, source: MovedTrack, result: MovedTrack, known: Collection[str], had: MovedTrack | None = None
) -> None:
    """Compare all values of a track.

    known: names of the values that are compared
    had: the track with the tags of the music before the move, which are no additions
    """
    wanted, left = list(_things(source)), list(_things(result))
    unmatched = list[_Thing]()
    for thing in wanted:
        alike = (other for other in left if other.name == thing.name)
        same = next((other for other in alike if not _differences(source, thing, other)), None)
        if same is None:
            unmatched.append(thing)
        else:
            left.remove(same)
            tally.equal[thing.kind] += thing.count
    ranked = [
        (*rank, index, place)
        for (index, thing), (place, other) in product(enumerate(unmatched), enumerate(left))
        if (rank := _unlikeness(source, thing, other)) is not None
    ]
    near = dict[int, int]()
    for *_, index, place in sorted(ranked):
        if index not in near and place not in near.values():
            near[index] = place
    own = [] if had is None else list(_things(had))
    not_compared = list[_Thing]()
    for index, thing in enumerate(unmatched):
        after = left[near[index]] if index in near else None
        if after is None and thing.name not in known:
            not_compared.append(thing)
            continue
        parts = {"": _MISSING} if after is None else _differences(source, thing, after)
        reason, is_held = _reason(tally.target, source, thing, parts)
        if is_held and thing.name == "cues" and after in own:
            reason = "the file has another cue point there; --force replaces it"
        tally.lose(
            thing.kind, thing.item, reason, arrival="changed" if after else "missing", program_holds=is_held,
            count=thing.count, track=source.name, before=thing.text or None, after=after and after.text,
        )  # fmt: skip
    leave_out(tally, source, not_compared, f"not in {tally.target.place_of_values}")
    # Programs show the file's name for a track without a title.
    stem = os.path.splitext(source.name.replace("\\", "/").rpartition("/")[2])[0]
    for place, thing in enumerate(left):
        if place not in near.values() and thing not in own and (thing.name, thing.value) != ("title", stem):
            tally.lose(
                thing.kind, thing.item, "the source has none", arrival="added", track=source.name, after=thing.text
            )


def leave_out(
    tally: MoveTally, source: MovedTrack, things: Iterable[_Thing] | None, why: str, *, in_program: bool = True
) -> None:
    """Record values that were not compared.

    things: None for all of the track
    in_program: whether its program could have the track
    """
    groups = dict[tuple[Kind, str, bool], list[_Thing]]()
    for thing in _things(source) if things is None else things:
        reasons = tally.target.lacks(thing.kind if thing.name == "cues" else thing.name, thing.value, source.values)
        reason = why if things is None or not reasons else "; ".join(reasons)
        groups.setdefault((thing.kind, reason, in_program and not reasons), []).append(thing)
    for (kind, reason, is_held), left_out in groups.items():
        tally.lose(
            kind, ", ".join(thing.item for thing in left_out), reason, program_holds=is_held, compared=False,
            count=sum(thing.count for thing in left_out), track=source.name,
            before="; ".join(thing.text for thing in left_out if thing.text and thing.name != "cues") or None,
        )  # fmt: skip


def _reason(target: Target, source: MovedTrack, thing: _Thing, parts: Mapping[str, str]) -> tuple[str, bool]:
    """Return why a value differs in these parts, and whether the program can hold it."""
    lacks, lost = list[str](), list[str]()
    for part, what in parts.items():
        name = f"{thing.name}.{part}" if part else f"{thing.name} {thing.kind}"
        reasons = target.lacks(name, thing.value, source.values)
        lacks += reasons
        lost += [] if reasons else [what]
    return (", ".join(lost), True) if lost else ("; ".join(dict.fromkeys(lacks)), False)


# ---- differences ---------------------------------------------------------------------------------


def _differences(track: MovedTrack, thing: _Thing, other: _Thing) -> dict[str, str]:
    """Return the differences by part."""
    before, after = thing.value, other.value
    match thing.name:
        case "cues":
            off_ms = 1000 * (after.position_s - before.position_s)
            differences = {"position_s": f"moved by {off_ms:+.0f} ms"} if abs(off_ms) > 1000 * SAME_S + 1e-3 else {}
            words = {"number": "another button", "kind": "another kind", "name": "another name"}
            differences |= {part: what for part, what in words.items() if getattr(before, part) != getattr(after, part)}
            if abs((before.length_s or 0.0) - (after.length_s or 0.0)) > _SAME_LENGTH_S:
                differences["length_s"] = "another length"
            # A program may give each cue point a colour.
            if before.color is not None and before.color.lower() != (after.color or "").lower():
                differences["color"] = "another colour"
            return differences
        case "grid":
            return _differences_of_grids(before, after, track.track.entry.duration_s)
        case "structure":
            known = [(phrase.start_s, phrase.role) for phrase in after]
            is_same = all(
                any(abs(phrase.start_s - start_s) <= SAME_BEAT_S and phrase.role == role for start_s, role in known)
                for phrase in before
            )
            return {} if is_same else {"role": "the result has other phrases"}
        case "bpm":
            # A source may show the tempo of its grid rounded.
            is_of_grid = any(abs(mark.bpm - after) <= _SAME_BPM for mark in track.values.grid)
            is_same = abs(before - after) <= _SAME_BPM + 1e-9 or (
                is_of_grid and GridMark.is_rounded_from(before, after)
            )
        case _:
            is_same = before == after
    return {} if is_same else {"": "the result has another value"}


def _unlikeness(track: MovedTrack, thing: _Thing, other: _Thing) -> tuple[bool, int, float] | None:
    """Return whether a cue point was moved, in how many parts, and how far; None if it is another value."""
    off_s = abs(thing.value.position_s - other.value.position_s) if thing.name == other.name == "cues" else 0.0
    is_same = thing.name == other.name and off_s < _OTHER_CUE_S
    return (off_s > SAME_S, len(_differences(track, thing, other)), off_s) if is_same else None


def _differences_of_grids(
    before: Sequence[GridMark], after: Sequence[GridMark], length_s: float | None
) -> dict[str, str]:
    off_s, same_bars = compare_grids(before, after, length_s=length_s)
    differences = dict[str, str]()
    if off_s > SAME_BEAT_S or not same_bars:
        moved = [replace(mark, beat=None, metre=None) for mark in BeatGrid.on_downbeats(before)]
        moved_s, _ = compare_grids(moved, after, length_s=length_s)
        if not same_bars or moved_s <= ROUNDED_S < off_s:
            differences["beat"] = "bars begin on another beat"
            off_s = min(off_s, moved_s)
        if off_s > ROUNDED_S:
            differences["position_s"] = f"beats are up to {1000 * off_s:.0f} ms off"
        elif off_s > SAME_BEAT_S:
            differences["bpm"] = "tempi are rounded"
    if {mark.name for mark in before} - {None, _BEAT_MARKER, *(mark.name for mark in after)}:
        differences["name"] = "a marker lost its name"
    return differences


# ---- texts ---------------------------------------------------------------------------------------


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(getattr(value, "camelot", value))


def _marks(marks: Sequence[GridMark]) -> str:
    first = marks[0]
    more = f", and {len(marks) - 1} more" if len(marks) > 1 else ""
    return f"{first.bpm:.3f} BPM from {first.position_s:.3f} s{more}"


def _kind(cue: CuePoint) -> Kind:
    return "loops" if cue.kind == "loop" else "memory_cues" if cue.number is None else "hot_cues"


def _item(cue: CuePoint) -> str:
    """Return `hot cue B 'Drop'`."""
    kind = _kind(cue).removesuffix("s").replace("_", " ")
    button = "" if cue.number is None else f" {_button(cue.number)}"
    return f"{kind}{button}" + (f" '{cue.name}'" if cue.name else f" at {cue.position_s:.3f} s")


def _button(number: int) -> str:
    return _LETTERS[number] if number < len(_LETTERS) else str(number + 1)


def _described(cue: CuePoint) -> str:
    length = cue.length_s and f"{cue.length_s:.3f} s long"
    button = None if cue.number is None else f"button {_button(cue.number)}"
    parts = (
        f"{cue.position_s:.3f} s", length, CuePoint.KIND_NAMES.get(cue.kind, "").lower(), button,
        cue.name and f"'{cue.name}'", cue.color,
    )  # fmt: skip
    return ", ".join(part for part in parts if part)

"""Lists of tracks, as read from a file and as made by map4."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from map4.core.base.path_maps import Location
from map4.core.base.records import Json, Ordinal, Record, ShownPath
from map4.core.base.shown import Shown, short_repr
from map4.core.base.text import MOST_LETTERS, bpm_text, clock, counted, read_start
from map4.core.music.analysis.plausible import MOST_STORED, plausible_seconds
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.quality import ALL_LIMITS_MET, ListQuality, whole_figure
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.mixing.harmony import TempoChange
from map4.core.music.track.track_columns import numbered_cells

if TYPE_CHECKING:
    from map4.core.music.track.track import Track


TENTHS = 10
"""Parts of a list's time in which it follows its tempo curve or not."""
_MOST_OTHER_LOCATIONS = 8  # a list from elsewhere may claim any number
_MOST_ID_LETTERS = 200  # a list from elsewhere may claim any text


class PlaylistEntry(Record, members="location artist title duration_s"):
    """An unresolved entry of a list.

    position: from 1
    location: the track's location in the list, decoded like `os.fsdecode`; None if missing
    other_locations: alternative readings of the location
    artist, title, album: None if missing
    duration_s, size_bytes: > 0; None if impossible
    audio_id: of the audio, in lists from map4

    Texts longer than any file's are cut.
    """

    MOST_LOCATION_LETTERS: ClassVar[int] = 16_384
    """No system has longer paths, even with each byte written as three characters of a URL."""

    position: Ordinal
    location: ShownPath | None = None
    other_locations: tuple[str, ...] = ()
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    duration_s: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    size_bytes: int | None = None
    audio_id: str | None = None

    def __post_init__(self) -> None:
        for name, most in _MOST_LETTERS_OF.items():
            text = getattr(self, name)
            if text is not None and len(text) > most:
                object.__setattr__(self, name, text[:most])
        if self.other_locations:
            most = self.MOST_LOCATION_LETTERS
            others = tuple(text[:most] for text in self.other_locations[:_MOST_OTHER_LOCATIONS])
            object.__setattr__(self, "other_locations", others)
        if self.size_bytes is not None and self.size_bytes > MOST_STORED:
            object.__setattr__(self, "size_bytes", None)
        if self.duration_s is not None and plausible_seconds(self.duration_s) is None:
            object.__setattr__(self, "duration_s", None)

    @property
    def is_url(self) -> bool:
        """True for a stream or a page instead of a file."""
        return self.location is not None and Location.is_url(self.location)

    @property
    def locations(self) -> tuple[str, ...]:
        """All readings of the location, the likeliest first; none for a URL."""
        if self.location is None or self.is_url:
            return ()
        return (self.location, *self.other_locations)

    def label(self) -> str:
        """A short name of the entry for the user."""
        named = " - ".join(text for text in (self.artist, self.title) if text)
        return named or self.location or f"entry {self.position}"


class AwayFile(Record):
    """The file of an entry that another copy of the recording represents while it is away."""

    path: str
    audio_id: str | None

    @classmethod
    def of(cls, track: Track) -> AwayFile | None:
        """The file that a track represents; None if it is an entry itself."""
        away = track.represents
        return None if away is None else cls(path=away.path, audio_id=away.audio_id)


_MOST_LETTERS_OF = {
    **dict.fromkeys(("artist", "title", "album"), MOST_LETTERS),
    "location": PlaylistEntry.MOST_LOCATION_LETTERS,
    "audio_id": _MOST_ID_LETTERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPlaylist:
    """A list as read from a file.

    format: name of the format, such as "m3u8"
    picks: additional data per entry in lists from map4 or in histories; empty if there is none
    header: of a list from map4
    is_history: whether it is a record of plays, with `played_at` in the picks
    lists: the lists of a file with several, whose entries together are the entries here; empty for a single list
    """

    MOST_BYTES: ClassVar[int] = 32_000_000
    """The limit is above a list of 100,000 tracks; larger input is an accident or endless."""
    SCHEMA: ClassVar[str] = "map4/playlist/1"

    format: str
    entries: tuple[PlaylistEntry, ...]
    name: str | None = None
    description: str | None = None
    picks: tuple[ListedPick, ...] = ()
    header: ListHeader = field(default_factory=ListHeader)
    is_history: bool = False
    lists: tuple[ParsedPlaylist, ...] = ()
    __repr__ = short_repr

    def __post_init__(self) -> None:
        for name in ("name", "description"):
            text = getattr(self, name)
            object.__setattr__(self, name, None if text is None else text[:MOST_LETTERS])


PlacedPick: TypeAlias = "tuple[Track, ListedPick]"
"""A track of a list, with its pick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracklist(Shown):
    """Tracks in order, to be written or stored.

    name, description: for display; None without
    id: of a stored list; None for others
    marks: the caller's marks of a stored list
    picks: the list's data per track; empty, or as long as `tracks`
    """

    USUAL_LENGTH_S: ClassVar[float] = 240.0
    """The length of a track if none is known."""
    MOST_DRAWN: ClassVar[int] = 400
    """Pictures of longer lists show only this many first tracks."""

    tracks: Sequence[Track]
    name: str | None = None
    description: str | None = None
    id: str | None = None
    marks: Sequence[str] = ()
    picks: Sequence[ListedPick] = ()
    header: ListHeader = field(default_factory=ListHeader)

    def __post_init__(self) -> None:
        if self.picks and len(self.picks) != len(self.tracks):
            raise ValueError(f"{len(self.picks)} picks for {len(self.tracks)} tracks")

    @property
    def compatibility(self) -> float | None:
        """Mean over the judged transitions, 0-1; None without any."""
        totals = [pick.transition.total for pick in self.picks if pick.transition is not None]
        return sum(totals) / len(totals) if totals else None

    def __repr__(self) -> str:
        return self._brief(", ".join([*([self.name] if self.name else []), *self.words()]))

    def rows(self) -> list[Mapping[str, str]]:
        return list_rows(self.tracks, self.picks)

    def words(self, *, with_parts: bool = False) -> Sequence[str]:
        lasts_s = length_s(self.tracks, self.picks)
        lines = Tracklist.summary(len(self.tracks), lasts_s, self.header.quality, self.poor, with_parts=with_parts)
        return [*lines, *tempo_lines(self.header.tempo_misses)]

    def on_the_clock(self, starts: str | None) -> Tracklist:
        """The list with the time at which each track starts; `starts` as `map4.core.base.text.read_start` reads it."""
        if starts is None:
            return self
        starts, times_s = read_start(starts), start_times(self.tracks, self.picks)
        picks = [
            replace(pick, starts_at=Tracklist.starts_at(starts, at_s))
            for (_, pick), at_s in zip(self.listed(), times_s, strict=True)
        ]
        return replace(self, picks=picks)

    @property
    def poor(self) -> tuple[int, ...]:
        """Positions (from 1) of the tracks that are mixed in poorly, as planned."""
        return tuple(place for place, pick in enumerate(self.picks, start=1) if pick.rating == "poor")

    def listed(self) -> Iterator[PlacedPick]:
        """Each track with its pick."""
        return zip(self.tracks, self.picks or repeat(ListedPick()), strict=False)

    @staticmethod
    def starts_at(starts: str, at_s: float | None) -> str | None:
        """The time `at_s` seconds after the start of a list; None without a number."""
        return None if at_s is None else (datetime.fromisoformat(starts) + timedelta(seconds=round(at_s))).isoformat()

    @staticmethod
    def summary(
        count: int, lasts_s: float, quality: ListQuality | None, poor: Sequence[int], *, with_parts: bool = False
    ) -> list[str]:
        """The summary of a list: `20 tracks, 1:12:03, quality 81 of 100`, its parts, and the weak steps.

        poor: positions of the tracks that are mixed in poorly
        """
        facts = [counted(count, "track"), clock(lasts_s)]
        if quality is None or quality.overall is None or count <= 1:
            return [", ".join(facts)]
        facts.append(f"quality {whole_figure(quality.overall)} of 100")
        parts, weak = [quality.parts_text()] if with_parts else [], quality.weak_text(poor)
        return [", ".join([*facts, weak]), *parts] if weak == ALL_LIMITS_MET else [", ".join(facts), *parts, weak]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How long a track plays in a list.

    from_s, until_s: positions in the track at which it and the next track enter; until_s is None for the last track if
        its length is unknown
    lasts_s: playing time between them, which differs if the track first plays at another speed; None like `until_s`
    """

    from_s: float
    until_s: float | None
    lasts_s: float | None


def stays(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> Iterator[Stay]:
    """How long each track of a list plays: by the mix plans, else in full.

    While two tracks overlap, the second plays at the tempo of the first, then at its own.

    picks: the list's data per track; an additional pick states where the last track is left
    """
    from map4.core.music.mixing.mix_plan import MixPlan  # listing names does not need it

    # Rounded as in records, so that a list has the same length before and after it is stored.
    plans = [pick.plan.rounded() if isinstance(pick.plan, MixPlan) else None for pick in picks]
    entered = plans[0] if plans else None
    for index, track in enumerate(tracks):
        left = plans[index + 1] if index + 1 < len(plans) else None
        from_s = 0.0 if entered is None else entered.enter.at_s
        until_s = track.length_s if left is None else left.leave.at_s
        # The overlap with the previous track takes that track's time.
        gained_s = 0.0 if entered is None else entered.lasts_s - (entered.enter.until_s - entered.enter.at_s)
        lasts_s = None if until_s is None else max(0.0, until_s - from_s + gained_s)
        yield Stay(from_s=from_s, until_s=until_s, lasts_s=lasts_s)
        entered = left


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A place in a list.

    position: from 1
    pick: the list's data for the track
    starts_s: its start time; None after a track of unknown length
    """

    position: int
    pick: ListedPick
    starts_s: float | None

    @property
    def start(self) -> str | None:
        """When it starts: `1:02:03` from the beginning, or in a list on the clock the time of day, `14:02:03`."""
        if self.pick.starts_at is not None:
            return self.pick.starts_at[11:19]
        return None if self.starts_s is None else clock(self.starts_s)


class PlaceCounter:
    """Assigns places to tracks, in order."""

    def __init__(self) -> None:
        self._last: tuple[Track, ListPlace] | None = None

    def next(self, track: Track, pick: ListedPick) -> ListPlace:
        """The place of the next track."""
        position, starts_s = 1, 0.0 if self._last is None else None
        if self._last is not None:
            before, place = self._last
            (stay,) = stays([before], [place.pick, pick])
            position = place.position + 1
            if place.starts_s is not None and stay.lasts_s is not None:
                starts_s = place.starts_s + stay.lasts_s
        list_place = ListPlace(position=position, pick=pick, starts_s=starts_s)
        self._last = (track, list_place)
        return list_place


def start_times(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> Iterator[float | None]:
    """Seconds from the start of a list to the start of each track; None after a track of unknown length."""
    now: float | None = 0.0
    for stay in stays(tracks, picks):
        yield now
        now = None if now is None or stay.lasts_s is None else now + stay.lasts_s


def length_s(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> float:
    """Total length of a list in seconds, by its `stays`; tracks of unknown length are skipped.

    Rounded to 0.1 s as stored, so that later rounding gives the same seconds.
    """
    return round(sum(stay.lasts_s for stay in stays(tracks, picks) if stay.lasts_s is not None), 1)


def list_rows(tracks: Sequence[Track], picks: Sequence[ListedPick] = ()) -> list[Mapping[str, str]]:
    """The rows of a list for display: position, start time and mix compatibility with the track's cells."""
    begins = ["" if at is None else clock(at) for at in start_times(tracks, picks)]
    mixes = ["" if pick.compatibility is None else f"{pick.compatibility:.2f}" for pick in picks] or [""] * len(tracks)
    return numbered_cells(tracks, start=begins, mix=mixes)


def tempo_misses(
    header: ListHeader, tracks: Sequence[Track], picks: Sequence[ListedPick],
    why: Callable[[Track, float], str] | None = None,
) -> tuple[str, ...] | None:  # fmt: skip
    """The tenths of a list's time that miss the curve of its options in their middle, at their beginning or end, in
    words; None without a curve.

    why: the reason, by the track that plays and the wanted BPM; default: whether the list has such a track
    """
    curve = TempoCurve.of_options(header.options)
    if curve is None:
        return None
    folds = header.limits.tempo.folds

    def is_near(track: Track, wanted: float) -> bool:
        bpm = track.bpm()
        return bpm is not None and abs(TempoChange.between(wanted, bpm, fold=folds).percent) <= TempoCurve.REACH_PERCENT

    def in_list(_: Track, wanted: float) -> str:
        near = next((place for place, other in enumerate(tracks, start=1) if is_near(other, wanted)), None)
        return "no track of the list has it" if near is None else f"track {near} has it"

    starts_s = [math.inf if at_s is None else at_s for at_s in start_times(tracks, picks)]
    lasts_s, misses = length_s(tracks, picks), []
    for tenth in range(TENTHS if tracks else 0):
        for share, place_at in ((0.5, bisect_right), (0.0, bisect_right), (1.0, bisect_left)):
            at_s = (tenth + share) / TENTHS * lasts_s
            place = place_at(starts_s, at_s)
            track, wanted = tracks[place - 1], curve.at(at_s)
            if not is_near(track, wanted):
                from_s, to_s = [*starts_s, lasts_s][place - 1 : place + 1]
                is_met = any(is_near(track, curve.at(at)) for at in (from_s, (from_s + to_s) / 2.0, to_s))
                played = "unknown" if (bpm := track.bpm()) is None else bpm_text(bpm)
                misses.append(
                    f"{clock(at_s)}: {bpm_text(wanted)} BPM wanted, track {place} has {played}: "
                    f"{'the curve moves on meanwhile' if is_met else (why or in_list)(track, wanted)}"
                )
                break
    return tuple(misses)


def tempo_lines(misses: Sequence[str] | None) -> list[str]:
    """How well a list follows its tempo curve; empty without a curve. Where two tenths meet, both may miss it."""
    if misses is None:
        return []
    met = TENTHS - len(misses)
    within = f"within {TempoCurve.REACH_PERCENT:g} %"
    return [f"{within} of the tempo curve in {met} of {TENTHS} tenths", *dict.fromkeys(misses)]


_MOST_NAMED = 3


@dataclass(slots=True, kw_only=True)
class LiveNotes:
    """Names of live lists that a file contains with their current tracks, why others are missing from it, and how many
    entries are copies of files that are away."""

    live: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    copies: int = 0

    @classmethod
    def of(cls, content: Tracklist) -> LiveNotes:
        """The notes on one list."""
        notes = cls(live=[] if content.header.live is None else [content.name or "it"])
        notes.count(content)
        return notes

    def count(self, content: Tracklist) -> None:
        """Count the copies of a list."""
        self.copies += sum(track.represents is not None for track in content.tracks)

    def sentences(self) -> list[str]:
        """The notes as sentences."""
        entries = counted(self.copies, "entry is a copy of a file that is", "entries are copies of files that are")
        problems = [*([f"{entries} away"] if self.copies else []), *self.problems]
        if not self.live:
            return problems
        more = "" if len(self.live) <= _MOST_NAMED else ", …"
        names = ", ".join(f"'{name}'" for name in self.live[:_MOST_NAMED])
        lists = "live list is" if len(self.live) == 1 else "live lists are"
        count = counted(len(self.live), lists, lists)
        return [f"{count} written with the current tracks, which won't update there: {names}{more}", *problems]

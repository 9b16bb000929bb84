"""Lists of tracks: what one made elsewhere says, and what one of ours holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, TypeAlias

from map4.base.path_maps import is_url
from map4.base.records import Json, Ordinal, Record, ShownPath
from map4.base.shown import Shown, short_repr, told
from map4.base.text import MOST_LETTERS, counted
from map4.music.analysis.plausible import MOST_STORED, plausible_seconds
from map4.music.lists.listed import ListedPick, ListHeader

if TYPE_CHECKING:
    from map4.music.lists.quality import ListQuality
    from map4.music.track.track import Track

PLAYLIST_SCHEMA = "map4/playlist/1"

MOST_LIST_BYTES = 32_000_000
"""A list of 100,000 tracks is no longer; what is came into being by accident, or never ends."""
MOST_LOCATION_LETTERS = 16_384
"""No system has longer paths, not even with each of their bytes written as three letters of a URL."""
_MOST_OTHER_LOCATIONS = 8
_MOST_ID_LETTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistEntry(Record, members="location artist title duration_s"):
    """One line of a list as it was read: a claim about a track, not yet looked up.

    position: from 1
    location: what the list says where the track is, decoded as `os.fsdecode` does; None where it says nothing
    other_locations: further readings of the same place
    artist, title, album: None where the list does not say
    duration_s, size_bytes: > 0; what no file can have is None
    audio_id: of the audio, in lists of map4's own

    Texts that are longer than any file's are cut.
    """

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
            others = tuple(text[:MOST_LOCATION_LETTERS] for text in self.other_locations[:_MOST_OTHER_LOCATIONS])
            object.__setattr__(self, "other_locations", others)
        if self.size_bytes is not None and self.size_bytes > MOST_STORED:
            object.__setattr__(self, "size_bytes", None)
        if self.duration_s is not None and plausible_seconds(self.duration_s) is None:
            object.__setattr__(self, "duration_s", None)

    @property
    def is_url(self) -> bool:
        """Whether it is a stream or a page instead of a file."""
        return self.location is not None and is_url(self.location)

    @property
    def locations(self) -> tuple[str, ...]:
        """Every reading of the place, the likeliest first; none for a URL."""
        if self.location is None or self.is_url:
            return ()
        return (self.location, *self.other_locations)

    def label(self) -> str:
        """A few words by which a person knows the entry."""
        named = " - ".join(text for text in (self.artist, self.title) if text)
        return named or self.location or f"entry {self.position}"


_MOST_LETTERS_OF = {
    **dict.fromkeys(("artist", "title", "album"), MOST_LETTERS),
    "location": MOST_LOCATION_LETTERS,
    "audio_id": _MOST_ID_LETTERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPlaylist:
    """A list as it was read.

    format: name of the format, such as "m3u8"
    picks: for each entry what a list of map4's own says besides, or one of what was played; empty says nothing
    header: of a list of map4's own
    is_history: whether it is what was played, with `played_at` in the picks
    """

    format: str
    entries: tuple[PlaylistEntry, ...]
    name: str | None = None
    description: str | None = None
    picks: tuple[ListedPick, ...] = ()
    header: ListHeader = field(default_factory=ListHeader)
    is_history: bool = False
    __repr__ = short_repr

    def __post_init__(self) -> None:
        for name in ("name", "description"):
            text = getattr(self, name)
            object.__setattr__(self, name, None if text is None else text[:MOST_LETTERS])


PlacedPick: TypeAlias = "tuple[Track, ListedPick]"
"""A track of a list, and what the list says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracklist(Shown):
    """Tracks in order, to be written or stored.

    name, description: for people; None without
    id: of the stored list that it is; None of others
    marks: of such a list, those of who asks
    picks: what the list says of each track; empty, or as long as `tracks`
    """

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
        """Mean over the transitions that were judged, 0-1; None without any."""
        totals = [pick.transition.total for pick in self.picks if pick.transition is not None]
        return sum(totals) / len(totals) if totals else None

    def __repr__(self) -> str:
        return told(self, ", ".join([*([self.name] if self.name else []), *self.words()]))

    def rows(self) -> list[Mapping[str, str]]:
        return list_rows(self.tracks, self.picks)

    def words(self) -> Sequence[str]:
        return list_lines(len(self.tracks), length_s(self.tracks, self.picks), self.header.quality)

    def listed(self) -> Iterator[PlacedPick]:
        """Each track, with what the list says of it."""
        return zip(self.tracks, self.picks or repeat(ListedPick()), strict=False)


def duration_of(track: Track) -> float | None:
    """Seconds of decoded audio, or None where it was not analysed."""
    return track.analysis.duration_s if track.analysis else track.lasts_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How long a track is heard in a list.

    from_s, until_s: within the track: where it sets in, and where the next one does; the last is None where the length
        of the track is not known
    lasts_s: time from one to the other, which is another where the track plays faster at first; None as `until_s`
    """

    from_s: float
    until_s: float | None
    lasts_s: float | None


def stays(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> Iterator[Stay]:
    """How long each track of a list is heard: by the mix plans there are, else one after the other in full.

    While two tracks sound together the second plays at the tempo of the first, and then at its own.

    picks: what the list says of each track; one more than there are tracks tells where the last one is left
    """
    from map4.music.mixing.mix_plan import MixPlan  # to tell names of lists needs none of it

    # As records have them, so that a list lasts as long before and after it is stored.
    plans = [pick.plan.rounded() if isinstance(pick.plan, MixPlan) else None for pick in picks]
    entered = plans[0] if plans else None
    for index, track in enumerate(tracks):
        left = plans[index + 1] if index + 1 < len(plans) else None
        from_s = 0.0 if entered is None else entered.enter.at_s
        until_s = duration_of(track) if left is None else left.leave.at_s
        # What sounds together with the track before takes the time that it takes there.
        gained_s = 0.0 if entered is None else entered.lasts_s - (entered.enter.until_s - entered.enter.at_s)
        lasts_s = None if until_s is None else max(0.0, until_s - from_s + gained_s)
        yield Stay(from_s=from_s, until_s=until_s, lasts_s=lasts_s)
        entered = left


def start_times(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> Iterator[float | None]:
    """Seconds from the start of a list to that of each of its tracks; None behind one whose length is not known."""
    now: float | None = 0.0
    for stay in stays(tracks, picks):
        yield now
        now = None if now is None or stay.lasts_s is None else now + stay.lasts_s


def length_s(tracks: Iterable[Track], picks: Sequence[ListedPick] = ()) -> float:
    """How long a list lasts, in seconds: by its `stays`; tracks of unknown length are left out.

    To a tenth, as it is stored: who rounds to seconds then rounds the same number.
    """
    return round(sum(stay.lasts_s for stay in stays(tracks, picks) if stay.lasts_s is not None), 1)


def list_rows(tracks: Sequence[Track], picks: Sequence[ListedPick] = ()) -> list[Mapping[str, str]]:
    """The rows of a list for people: place, time of begin and how well it follows, around what is said of a track."""
    from map4.base.text import clock
    from map4.music.track.track_cells import numbered_cells  # to tell names of lists needs none of it

    begins = ["" if at is None else clock(at) for at in start_times(tracks, picks)]
    mixes = ["" if pick.compatibility is None else f"{pick.compatibility:.2f}" for pick in picks] or [""] * len(tracks)
    return numbered_cells(tracks, start=begins, mix=mixes)


def list_lines(count: int, lasts_s: float, quality: ListQuality | None, *, with_parts: bool = False) -> list[str]:
    """What there is to say of a list: `20 tracks, 1:12:03, quality 81 of 100`, its parts, and which steps are weak."""
    from map4.base.text import clock
    from map4.music.lists.quality import whole_figure

    said = [counted(count, "track"), clock(lasts_s)]
    if quality is None or quality.overall is None or count <= 1:
        return [", ".join(said)]
    said += [f"quality {whole_figure(quality.overall)} of 100", *([] if quality.weak_steps else [quality.weak_text()])]
    parts, weak = [quality.parts_text()] * with_parts, [quality.weak_text()] if quality.weak_steps else []
    return [", ".join(said), *parts, *weak]


MOST_DRAWN = 400
"""Pictures of longer lists show so many of their first tracks: nobody reads on."""

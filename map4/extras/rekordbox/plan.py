"""The changes of a write to rekordbox's database, planned from its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.core.base.text import name_key
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.extras.rekordbox.records import ListState, RekordboxList

LIST, FOLDER = 0, 1
ROOT = "root"
CLOUD_FOLDER = "100000"  # number of the list that rekordbox's Cloud Library Sync makes


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list or folder of the database, or to be added.

    kind: `LIST` or `FOLDER`
    parent: number of the folder around it
    tracks: numbers of its tracks
    is_synced: whether the cloud knows it
    place: of a new one, its position in its folder, from 1
    """

    number: str
    name: str
    kind: int
    parent: str
    tracks: tuple[str, ...] = ()
    is_synced: bool = False
    place: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTrack:
    """A track in the database.

    values: its columns for rating, comment and colour
    is_synced: whether the cloud knows it
    """

    number: str
    values: Mapping[str, Any]
    is_synced: bool


@dataclass(slots=True, kw_only=True)
class WritePlan:
    """The changes of a write.

    new: lists and folders, folders before their content
    changes: new values of columns, by number of the track
    left: numbers of tracks whose values rekordbox keeps in its cloud
    """

    lists: list[RekordboxList] = field(default_factory=list)
    new: list[ListRow] = field(default_factory=list)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        return not self.new and not self.changes


class Planner:
    """Plans lists one after the other.

    known: lists and folders of the database
    places: the last position that is taken in each folder
    track_of: returns the track of the database for a path of the library; None if there is none
    new_number: returns an unused number
    """

    def __init__(
        self,
        known: Sequence[ListRow],
        places: Mapping[str, int],
        track_of: Callable[[str], KnownTrack | None],
        new_number: Callable[[], str],
    ) -> None:
        self._known = {entry.number: entry for entry in known}
        self._children: dict[str, dict[str, ListRow]] = {}
        self._places = dict(places)
        for entry in known:
            self._children.setdefault(entry.parent, {}).setdefault(name_key(entry.name), entry)
        self._track_of, self._new_number = track_of, new_number
        self.plan = WritePlan()

    def add(self, listed: Tracklist, folders: Sequence[str], name: str) -> None:
        """Plan a list in its folders."""
        numbers, missing = [], []
        for track in listed.tracks:
            known = self._track_of(track.path)
            if known is None:
                missing.append(track.path)
            else:
                numbers.append(known.number)
        state = self._placed(folders, name, tuple(numbers)) if numbers else "empty"
        self.plan.lists.append(
            RekordboxList(
                name=name,
                folders=tuple(folders),
                state=state,
                tracks=len(numbers),
                missing=tuple(dict.fromkeys(missing)),
            )
        )

    def set_values(self, track: Track, wanted: Mapping[str, Any]) -> None:
        """Plan values of a track, as columns of the database; equal ones are left out."""
        known = self._track_of(track.path)
        changed = {} if known is None else {name: new for name, new in wanted.items() if known.values[name] != new}
        if known is None or not changed or known.number in self.plan.changes:
            return
        if known.is_synced:
            self.plan.left.add(known.number)
        else:
            self.plan.changes[known.number] = changed

    def _placed(self, folders: Sequence[str], name: str, tracks: tuple[str, ...]) -> ListState:
        parent, made = ROOT, list[ListRow]()
        for step in folders:
            there = self._child(parent, step) or self._new(step, FOLDER, parent, made)
            if there.is_synced:
                return "synchronised"
            if there.kind != FOLDER:
                return "exists"
            parent = there.number
        existing = self._child(parent, name)
        if existing is None:
            self._new(name, LIST, parent, made, tracks)
            self.plan.new += made
            return "write"
        if existing.is_synced:
            return "synchronised"
        return "same" if existing.kind == LIST and existing.tracks == tracks else "exists"

    def _child(self, parent: str, name: str) -> ListRow | None:
        return self._children.get(parent, {}).get(name_key(name))

    def _new(self, name: str, kind: int, parent: str, made: list[ListRow], tracks: tuple[str, ...] = ()) -> ListRow:
        place = self._places[parent] = self._places.get(parent, 0) + 1
        new = ListRow(number=self._new_number(), name=name, kind=kind, parent=parent, place=place, tracks=tracks)
        self._children.setdefault(parent, {})[name_key(name)] = new
        made.append(new)
        return new

"""Compare a source with the result as the target's own reader reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.base.path_maps import PathMaps
from map4.base.text import counted
from map4.extras.move.compare_tracks import NOTHING, compare_track
from map4.extras.move.placing import Placed, placed_lists, shown_list
from map4.extras.move.records import KINDS
from map4.extras.move.source import MovedTrack, ReadLibrary
from map4.extras.move.tally import MoveTally
from map4.extras.move.targets import Held, Target
from map4.formats import DjPlaylist
from map4.music.track.imported import ImportedValues

_MOST_NAMED = 3


def compare(
    source: ReadLibrary,
    target: Target,
    result: ReadLibrary | None,
    path_maps: PathMaps,
    music: Mapping[str, ImportedValues],
) -> MoveTally:
    """Return what arrived.

    result: None compares with what the target can hold, for a plan
    music: values in the tags of the music before the move, by path in the source
    """
    comparison = _Comparison(source, target, result, path_maps)
    for index, track in enumerate(source.tracks):
        comparison.track(index, track, music.get(track.path or "", NOTHING))
    comparison.others()
    comparison.lists()
    return comparison.tally


class _Comparison:
    def __init__(self, source: ReadLibrary, target: Target, result: ReadLibrary | None, path_maps: PathMaps) -> None:
        self._source, self._target, self._result, self.tally = source, target, result, MoveTally(target)
        self._keys = {key: index for index, track in enumerate(source.tracks) for key in track.keys}
        self._there: dict[int, MovedTrack] = {}
        self._result_keys: dict[str, int | None] = {}
        if result is not None:
            # A program may store a path in a form that can be read in several ways.
            by_place = {place: track for track in result.tracks for place in reversed(track.places)}
            indexes = dict[str, int]()
            for index, track in enumerate(source.tracks):
                there = None if track.path is None else by_place.get(target.place(path_maps.mapped(track.path)))
                if there is not None:
                    self._there[index] = there
                    indexes.setdefault(there.keys[0], index)
            self._result_keys = {key: indexes.get(track.keys[0]) for track in result.tracks for key in track.keys}

    # ---- tracks ------------------------------------------------------------------------------------

    def track(self, index: int, track: MovedTrack, had: ImportedValues) -> None:
        for _ in track.keys[1:]:
            why = "the source has this file twice; the first entry goes over"
            self.tally.lose("tracks", "missing", "entry", why, in_program=False, track=track.name)
        if track.path is None:
            self._absent(track, "it names no file", in_program=False)
        elif self._result is not None and index not in self._there:
            self._absent(track, "it is not in the result", in_program=True)
        else:
            self.tally.equal("tracks")
            there = self._there.get(index)
            compare_track(self.tally, track, None if there is None else there.values, had)

    def _absent(self, track: MovedTrack, reason: str, *, in_program: bool) -> None:
        """Record a track that did not arrive, and what is lost with it."""
        self.tally.lose("tracks", "missing", "track", reason, in_program=in_program, track=track.name)
        reasons: dict[str, str] = dict.fromkeys(KINDS, "its track did not arrive")
        nothing = replace(self._target, files_hold=frozenset(), in_music=frozenset(), reasons=reasons)
        with_it = MoveTally(nothing)
        compare_track(with_it, track, None)
        for loss in with_it.losses:
            in_files = in_program and loss.kind in self._target.files_hold
            self.tally.add(replace(loss, program_holds=in_program and loss.program_holds, files_hold=in_files))

    def others(self) -> None:
        """Record tracks that only the result has."""
        known = {id(track) for track in self._there.values()}
        for track in () if self._result is None else self._result.tracks:
            if id(track) not in known:
                self.tally.added("tracks", "track", track=track.name, after=track.name)

    # ---- lists -------------------------------------------------------------------------------------

    def lists(self) -> None:
        for listed in self._source.lists:
            if listed.kind != "list":
                self.tally.not_held(
                    "histories", 1, f"history of {counted(len(listed.keys), 'play')}", list=shown_list(listed)
                )
            elif listed.live is not None and "smart_lists" not in self._target.files_hold:
                self.tally.not_held("smart_lists", 1, "smart list", list=shown_list(listed), before=listed.live.text)
        there = _by_place(() if self._result is None else self._result.lists)
        folders = dict[tuple[str, ...], tuple[tuple[str, ...], bool]]()
        for placed in placed_lists(self._target, self._source):
            alike = there.get((placed.folders, placed.name))
            found = alike.pop(0) if alike else None
            if placed.is_added:
                continue
            if placed.listed.live is not None:
                self._smart(placed, found)
            else:
                self._list(placed, found)
            for depth in range(1, len(placed.folders) + 1):
                _, is_there = folders.get(placed.listed.folders[:depth], ((), False))
                is_there = is_there or self._result is None or found is not None
                folders[placed.listed.folders[:depth]] = (placed.folders[:depth], is_there)
        for names, (becomes, is_there) in folders.items():
            held = self._renamed(" / ".join(becomes))
            shown = " / ".join(names)
            self.tally.value("folders", "folder", shown, held, held.value if is_there else None, list=shown)
        for (_, name), more in there.items():
            for listed in more:
                self.tally.added("lists", "list", list=shown_list(listed), after=name)

    def _smart(self, placed: Placed, found: DjPlaylist | None) -> None:
        live = placed.listed.live
        after = live if self._result is None else None if found is None else found.live
        self.tally.value(
            "smart_lists", "smart list", live, Held(live), after, list=placed.shown, shown=lambda live: live.text
        )

    def _list(self, placed: Placed, found: DjPlaylist | None) -> None:
        wanted = [self._keys.get(key) for key in placed.listed.keys]
        held: list[int | None] = [
            index for index in wanted if index is not None and self._source.tracks[index].path is not None
        ]
        where: dict[str, Any] = {"list": placed.shown}
        if self._result is not None and found is None:
            self.tally.lose("lists", "missing", "list", "it is not in the result", in_program=True, **where)
            return
        got: Sequence[int | None] = held if found is None else [self._result_keys.get(key) for key in found.keys]
        entries: dict[str, Any] = {
            "before": counted(len(wanted), "entry", "entries"),
            "after": counted(len(got), "entry", "entries"),
        }
        if Counter(got) != Counter(held):
            self._other_entries(held, got, where | entries)
        elif len(held) < len(wanted):
            why = f"{counted(len(wanted) - len(held), 'entry names', 'entries name')} no file"
            self.tally.lose("lists", "changed", "list", why, in_program=False, **where, **entries)
        else:
            self.tally.value("lists", "name", placed.listed.name, self._renamed(placed.name), placed.name, **where)
        common = Counter(held) & Counter(got)
        if _among(held, common) == _among(got, common):
            self.tally.equal("order")
        else:
            self.tally.lose("order", "changed", "order", "the tracks are in another order", in_program=True, **where)

    def _renamed(self, name: str) -> Held:
        if self._target.name == "mixxx":
            return Held(name, "the file of a list can't have this name", in_program=True)
        return Held(name, "the target can't have this name there")

    def _other_entries(self, held: Sequence[int | None], got: Sequence[int | None], where: dict[str, Any]) -> None:
        missing, more = Counter(held) - Counter(got), Counter(got) - Counter(held)
        named = [self._source.tracks[index].name for index in missing if index is not None]
        parts = (
            [f"missing: {', '.join(named[:_MOST_NAMED])}{', …' if len(named) > _MOST_NAMED else ''}"] if named else []
        )
        if more:
            parts.append(f"{counted(more.total(), 'entry', 'entries')} more")
        self.tally.lose("lists", "changed", "list", "; ".join(parts), in_program=True, **where)


def _by_place(lists: Sequence[DjPlaylist]) -> dict[tuple[tuple[str, ...], str], list[DjPlaylist]]:
    places = dict[tuple[tuple[str, ...], str], list[DjPlaylist]]()
    for listed in lists:
        places.setdefault((listed.folders, listed.name), []).append(listed)
    return places


def _among(indexes: Sequence[int | None], common: Counter[int | None]) -> list[int | None]:
    left, shared = Counter(common), list[int | None]()
    for index in indexes:
        if left[index] > 0:
            left[index] -= 1
            shared.append(index)
    return shared

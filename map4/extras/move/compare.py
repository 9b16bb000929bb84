"""Compare a source with the result, as map4's own importer reads it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from map4.core.base.path_maps import PathMaps
from map4.core.base.text import counted
from map4.core.music.track.imported import ImportedValues
from map4.extras.move.compare_tracks import MoveTally, compare_track, leave_out, names_of_values
from map4.extras.move.placing import Placed, placed_lists, shown_list
from map4.extras.move.records import Kind
from map4.extras.move.source import MovedTrack, ReadLibrary
from map4.extras.move.targets import Target
from map4.formats import DjPlaylist

_MOST_NAMED = 3
Tags = Mapping[str, ImportedValues]
"""Values in the tags of the music by path in the source."""


def compare(
    source: ReadLibrary, target: Target, result: ReadLibrary, path_maps: PathMaps, had: Tags, music: Tags
) -> MoveTally:
    """Compare all tracks and lists.

    had, music: the tags before and after the move
    """
    tally = MoveTally(target)
    places = _compare_tracks(tally, source, result, path_maps, had, music)
    _compare_lists(tally, source, result, places)
    return tally


def _compare_tracks(
    tally: MoveTally, source: ReadLibrary, result: ReadLibrary, path_maps: PathMaps, had: Tags, music: Tags
) -> dict[str, int]:
    """Compare the tracks; returns the place in the source of each key in the result."""
    target, nothing, there = tally.target, ImportedValues(), dict[int, MovedTrack]()
    # A program may store a path in a form that can be read in several ways.
    by_place = {place: track for track in result.tracks for place in reversed(track.places)}
    places = dict[str, int]()
    for index, track in enumerate(source.tracks):
        match = None if track.path is None else by_place.get(target.place(path_maps.mapped(track.path)))
        if match is not None:
            there[index] = _with_values(match, music.get(track.path or "", nothing)) if target.has_only_lists else match
            for key in match.keys:
                places.setdefault(key, index)
    known = names_of_values(there.values())
    for index, track in enumerate(source.tracks):
        for _ in track.keys[1:]:
            why = "the source has this file twice; the first entry goes over"
            tally.lose("tracks", "entry", why, program_holds=False, track=track.name)
        if index in there:
            tally.equal["tracks"] += 1
            compare_track(tally, track, there[index], known, _with_values(track, had.get(track.path or "", nothing)))
        else:
            has_file = track.path is not None
            why = "it is not in the result" if has_file else "it names no file"
            tally.lose("tracks", "track", why, program_holds=has_file, track=track.name)
            leave_out(tally, track, None, "its track did not arrive", in_program=has_file)
    for track in result.tracks:
        if track.keys[0] not in places:
            tally.lose("tracks", "track", "the source has none", arrival="added", track=track.name, after=track.name)
    return places


def _with_values(track: MovedTrack, values: ImportedValues) -> MovedTrack:
    return replace(track, track=replace(track.track, values=values, my_tags=()))


# ---- lists ---------------------------------------------------------------------------------------


def _compare_lists(tally: MoveTally, source: ReadLibrary, result: ReadLibrary, places: Mapping[str, int]) -> None:
    for listed in source.lists:
        if listed.kind != "list":
            _leave_out_list(tally, "histories", listed, f"history of {counted(len(listed.keys), 'play')}")
        elif listed.live is not None and not tally.target.has_live_lists:
            _leave_out_list(tally, "smart_lists", listed, "smart list")
    there = dict[tuple[tuple[str, ...], str], list[DjPlaylist]]()
    for listed in result.lists:
        there.setdefault((listed.folders, listed.name), []).append(listed)
    folders = dict[tuple[str, ...], tuple[str, ...]]()
    indexes = {key: index for index, track in enumerate(source.tracks) if track.path for key in track.keys}
    for placed in placed_lists(tally.target, source):
        alike = there.get((placed.folders, placed.name))
        match = alike.pop(0) if alike else None
        if placed.is_added:
            continue
        kind: Kind = "lists" if placed.listed.live is None else "smart_lists"
        item = kind.removesuffix("s").replace("_", " ")
        if match is None:
            tally.lose(kind, item, list=placed.shown)
        elif kind == "smart_lists":
            before, after = placed.listed.live, match.live
            if before == after:
                tally.equal["smart_lists"] += 1
            else:
                texts = {"before": before and before.text, "after": after and after.text}
                why = "the result has another value"
                tally.lose("smart_lists", "smart list", why, arrival="changed", list=placed.shown, **texts)
        else:
            wanted = [indexes.get(key) for key in placed.listed.keys]
            _list(tally, source, placed, wanted, [places.get(key) for key in match.keys])
        for depth in range(1, len(placed.folders) + 1):
            becomes = placed.folders[:depth] if match is not None else ()
            folders[placed.listed.folders[:depth]] = folders.get(placed.listed.folders[:depth]) or becomes
    for names, becomes in folders.items():
        if becomes:
            _name(tally, "folders", "folder", " / ".join(names), " / ".join(becomes), " / ".join(names))
        else:
            tally.lose("folders", "folder", list=" / ".join(names))
    for more in there.values():
        for listed in more:
            tally.lose("lists", "list", "the source has none", arrival="added", list=shown_list(listed))


def _leave_out_list(tally: MoveTally, kind: Kind, listed: DjPlaylist, item: str) -> None:
    lacks = tally.target.lacks(kind, listed)
    tally.lose(
        kind, item, "; ".join(lacks) or "not in the files", program_holds=not lacks, compared=False,
        list=shown_list(listed), before=listed.live and listed.live.text,
    )  # fmt: skip


def _list(
    tally: MoveTally, source: ReadLibrary, placed: Placed, wanted: Sequence[int | None], got: Sequence[int | None]
) -> None:
    """Compare the entries of a list, its name, and its order.

    wanted: places of its tracks in the source; None without a file
    """
    held: list[int | None] = [index for index in wanted if index is not None]
    missing, more = Counter(held) - Counter(got), Counter(got) - Counter(held)
    names = [source.tracks[index].name for index in missing if index is not None]
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    whys = [f"missing: {shown}"] if names else []
    whys += [f"{counted(more.total(), 'entry', 'entries')} more"] if more else []
    if whys or len(held) < len(wanted):
        placeless = counted(len(wanted) - len(held), "entry names", "entries name")
        tally.lose(
            "lists", "list", "; ".join(whys) or f"{placeless} no file", arrival="changed", program_holds=bool(whys),
            list=placed.shown, before=counted(len(wanted), "entry", "entries"),
            after=counted(len(got), "entry", "entries"),
        )  # fmt: skip
    else:
        _name(tally, "lists", "name", placed.listed.name, placed.name, placed.shown)
    common = Counter(held) & Counter(got)
    if _places_among(held, common) == _places_among(got, common):
        tally.equal["order"] += 1
    else:
        tally.lose("order", "order", "the tracks are in another order", arrival="changed", list=placed.shown)


def _name(tally: MoveTally, kind: Kind, item: str, before: str, after: str, shown: str) -> None:
    """Compare the name of a list or folder with that in its place."""
    if before == after:
        tally.equal[kind] += 1
        return
    in_program = tally.target.name == "mixxx"
    reason = "the file of a list can't have this name" if in_program else "the target can't have this name there"
    tally.lose(kind, item, reason, arrival="changed", program_holds=in_program, list=shown, before=before, after=after)


def _places_among(indexes: Sequence[int | None], common: Counter[int | None]) -> list[int | None]:
    left, shared = Counter(common), list[int | None]()
    for index in indexes:
        if left[index] > 0:
            left[index] -= 1
            shared.append(index)
    return shared

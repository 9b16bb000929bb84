"""Match the entries of lists with tracks of the library, and merge lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from map4.core.base.path_maps import PathMaps
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.core.music.recording import Recordings, recording_facts
from map4.core.music.track.track import Track
from map4.core.store.substitutes import without_doubles
from map4.search import EntryStatus, Match, NameMatcher, ResolvedEntry, ResolvedPlaylist, WantedTrack, status_of


def resolve_list(
    read: ParsedPlaylist,
    match: Callable[[WantedTrack], Match | None],
    find: Callable[[str], Track | None],
    *,
    source: str,
    folder: str,
    path_maps: PathMaps,
    least_certainty: float = NameMatcher.SURE,
) -> ResolvedPlaylist:
    """Match every entry of a list with the library; opens no path of the list.

    match, find: look up the file that is meant, and the track of a path or of a present file with its audio
    source, folder: the list's file and its absolute folder
    path_maps: how its paths are mapped
    least_certainty: less certain matches are reported but not used
    """
    picks = read.picks or (ListedPick(),) * len(read.entries)
    entries = [
        _resolved(entry, pick, match, find, folder, path_maps, least_certainty)
        for entry, pick in zip(read.entries, picks, strict=True)
    ]
    tracks = iter(without_doubles([entry.track for entry in entries if entry.track is not None]))
    return ResolvedPlaylist(
        source=source,
        format=read.format,
        entries=tuple(entry if entry.track is None else _with_track(entry, next(tracks)) for entry in entries),
        name=read.name,
        description=read.description,
        header=read.header,
    )


def _resolved(
    entry: PlaylistEntry,
    pick: ListedPick,
    match_wanted: Callable[[WantedTrack], Match | None],
    find: Callable[[str], Track | None],
    folder: str,
    path_maps: PathMaps,
    least_certainty: float,
) -> ResolvedEntry:
    match = None if entry.is_url else match_wanted(WantedTrack.of(entry, folder, path_maps))
    track = None if match is None else find(match.path)
    if match is None or track is None:
        return ResolvedEntry(entry=entry, status="url" if entry.is_url else "unknown", pick=pick)
    status = status_of(match.certainty, least_certainty)
    if status == "found" and track.state == "missing":
        status = "gone"
    return ResolvedEntry(entry=entry, status=status, track=track, match=match, pick=pick)


def _with_track(entry: ResolvedEntry, track: Track) -> ResolvedEntry:
    """The entry with its own missing file, if the list has the copy itself."""
    is_gone = entry.track is not track and track.state == "missing"
    return replace(entry, track=track, status="gone" if is_gone else entry.status)


def resolve_stored(stored: Tracklist, name: str) -> ResolvedPlaylist:
    """The entries of a stored list, whose tracks are known."""
    return ResolvedPlaylist(
        source=name,
        format=None,
        entries=tuple(
            ResolvedEntry(
                entry=PlaylistEntry(
                    position=index + 1,
                    location=track.as_listed.path,
                    artist=track.as_listed.artist(),
                    title=track.as_listed.title(),
                    audio_id=track.as_listed.audio_id,
                ),
                status=_stored_status(track),
                track=track,
                pick=pick,
            )
            for index, (track, pick) in enumerate(stored.listed())
        ),
        name=stored.name,
        description=stored.description,
        id=stored.id,
        marks=stored.marks,
        header=stored.header,
    )


def _stored_status(track: Track) -> EntryStatus:
    if track.state != "missing":
        return "found"
    # Without an audio id it was never in the library: an imported entry whose file is not there yet.
    return "unknown" if track.audio_id is None else "gone"


def merge_lists(lists: Sequence[ResolvedPlaylist]) -> list[Track]:
    """The tracks of several lists in order, each recording at its first place only."""
    seen = Recordings[str]()
    paths: set[str] = set()
    merged: list[Track] = []
    for track in (track for resolved in lists for track in resolved.tracks()):
        facts = recording_facts(track)
        if track.path not in paths and not any(seen.same(**facts)):
            paths.add(track.path)
            seen.add(track.path, **facts)
            merged.append(track)
    return merged

"""What others changed on a stick that map4 wrote: the rest is no news to an import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from map4.core.music.track.imported import ImportedValues
from map4.extras.stick.anlz import beats_of, grid_tags, packed_cue
from map4.extras.stick.content import cue_for_players, own_track, stick_track
from map4.extras.stick.place import OWN_LIST, OwnStickList, OwnTrack, StickError, StickPlace
from map4.extras.stick.reading import read_pdb
from map4.formats import DjPlaylist, DjTrack, Importer, ReadNotes, TrackAnalysis
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.core.music.track.track import Track
    from map4.core.store.sql_store import Store
    from map4.library import Library

_NOTHING = ImportedValues()


def import_changes(library: Library, root: str) -> None:
    """Import what others changed on a stick; their cue points replace also those that the user set in map4."""
    library.imports.read(root)
    store = library._services.store
    for item in reading_changes(Importer.all()["rekordbox-usb"], root, store, dict).read(root, ReadNotes()):
        if isinstance(item, DjTrack) and item.values.cues:
            track = _present(store, item.entry.audio_id)
            if track is not None and track.user.cues is not None:
                library.set(track.path, cues=[asdict(cue) for cue in item.values.cues])


def _present(store: Store, audio_id: str | None) -> Track | None:
    """Return the track of a present file with this audio."""
    files = store.tracks.files_with_audio(audio_id) if audio_id else ()
    tracks = (store.tracks.track(path) for _, path in files)
    return next((track for track in tracks if track is not None and track.state != "missing"), None)


@hookspecs.own_libraries.implementation
def reading_changes(
    importer: Importer, path: str, store: Store, earlier: Callable[[], Mapping[str, ImportedValues]] | None
) -> Importer:
    """Return an importer that takes of map4's tracks and lists what others changed.

    earlier: returns the values of each track at the last import, by key; None takes everything, as does a library
        that did not write the stick
    """
    folders = map(str, (Path(path), *Path(path).parents))
    place = StickPlace(root=next((folder for folder in folders if Path(folder + OWN_LIST).is_file()), path))
    own = None
    with suppress(StickError):  # with a damaged list, everything counts as others'
        own = OwnStickList.read(place)
    if own is None or importer.name != "rekordbox-usb":
        return importer
    had = None if earlier is None or not (earlier is dict or own.is_of(store)) else earlier()
    return replace(importer, read=lambda path, notes: _taken(importer.read(path, notes), place, own, store, had))


def _changed(read: ImportedValues, place: StickPlace, name: str, own: OwnTrack, store: Store) -> ImportedValues:
    """Return cue points and grid of a track whose analysis files changed."""
    known = _present(store, own.source[0])
    if known is None or known.format is None:
        return ImportedValues(cues=read.cues)
    form: Any = own.source[1] or None
    sticks = [stick_track(known, 0, name, own.analysis_path, form, choice) for choice in (None, "all", "detected")]
    stick = next((stick for stick in sticks if own_track(stick, own.source).marks == own.marks), sticks[0])
    written = {TrackAnalysis.cue(packed_cue(cue, stick), stick.offset_s): cue for cue in stick.cues}
    set_here = {cue_for_players(cue): cue for cue in known.set_cues()}
    read_cues = [(cue, written.get(cue)) for cue in read.cues]
    is_same = True  # also if map4's grid changed since, or the file is damaged
    with suppress(OSError, ValueError):
        if own_track(stick, own.source).marks == own.marks:
            beats = TrackAnalysis.tags(place.root, own.analysis_path, {b"PQTZ"})
            is_same = beats == [(b"PQTZ", grid_tags(beats_of(stick))[0])]
    return ImportedValues(
        # Cue points that map4 detected and wrote stay detected.
        cues=tuple(
            cue if mine is None else set_here[mine] for cue, mine in read_cues if mine is None or mine in set_here
        ),
        grid=() if is_same else read.grid,
        bpm=None if is_same else read.bpm,
    )


def _taken(
    items: Iterable[DjTrack | DjPlaylist],
    place: StickPlace,
    own: OwnStickList,
    store: Store,
    earlier: Mapping[str, ImportedValues] | None,
) -> Iterator[DjTrack | DjPlaylist]:
    lists = {(each.name, each.tracks) for each in read_pdb(place.root)[0].lists if each.number in own.lists}
    for item in items:
        if isinstance(item, DjPlaylist):
            if earlier is None or item.kind != "list" or (item.name, tuple(map(int, item.keys))) not in lists:
                yield item
            continue
        name = (item.entry.location or "").removeprefix(place.root)
        if (known := own.tracks.get(name)) is None:
            yield item
            continue
        read = item.values
        is_changed = own.changed(place, known.analyses)
        changed = _changed(read, place, name, known, store) if is_changed else _NOTHING
        if (read.rating or 0) != known.rating:
            changed = replace(changed, rating=read.rating)
        if (read.play_count or 0) > known.plays:
            changed = replace(changed, play_count=read.play_count)
        values = read if earlier is None else ImportedValues.merged((changed, earlier.get(item.key, _NOTHING)))
        yield replace(item, values=values, entry=replace(item.entry, audio_id=known.source[0]))

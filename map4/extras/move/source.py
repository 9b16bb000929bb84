"""Read a library to move: its tracks, each with a path, and its lists."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from map4.core.audio.tags import read_file_tags
from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import display_path
from map4.core.music.analysis.key import Key
from map4.core.music.track.imported import ImportedValues
from map4.errors import NothingFoundError, UsageError
from map4.formats import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.library import Library, hookspecs

FOLDER = "lists"  # the importer of lists of any player
_LISTS = (".m3u8", ".m3u", ".pls", ".xspf", ".jspf", ".vdjfolder")
_SMART = ".nsp"
_OF_ENTRIES = ("title", "artist", "album")
_OF_TAGS = (
    "title", "artist", "album", "album_artist", "genre", "label", "composer", "remixer", "grouping", "year",
    "disc_number", "comment",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTrack:
    """A track of the source.

    path: of its file, as the source names it; None if it names none
    keys: in the library, of all entries of this file
    places: all paths that it may mean, as from `comparable_path`
    """

    path: str | None
    track: DjTrack
    keys: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def values(self) -> ImportedValues:
        return self.track.values

    @property
    def name(self) -> str:
        """Its path for people, or its name if it has none."""
        return self.track.entry.label() if self.path is None else display_path(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLibrary:
    """A library as read."""

    path: str
    importer: str
    tracks: tuple[MovedTrack, ...]
    lists: tuple[DjPlaylist, ...]
    notes: ReadNotes = field(default_factory=ReadNotes)

    @property
    def title(self) -> str:
        """The name of its program."""
        return Importer.all()[self.importer].title


def read_library(
    path: str, format_name: str | None = None, *, with_names: bool = False, library: Library | None = None
) -> ReadLibrary:
    """Read the library of a program, or a folder of lists.

    with_names: lists name tracks only in short; take their names from the tags of their files
    library: map4's own, whose ids tracks get that map4 wrote to a stick
    """
    notes = ReadNotes()
    try:
        importer = _importer(path, format_name)
        if importer is None:
            items = list(_folder(path, notes))
            name = FOLDER
        else:
            if library is not None:
                for reading in hookspecs.own_libraries.targets():
                    importer = reading(importer, path, library._services.store, None)
            items, name = list(importer.read(path, notes)), importer.name
    except FileNotFoundError:
        raise NothingFoundError(f"there is no file {display_path(path)}") from None
    except ImportReadError as error:
        raise ImportReadError(f"{display_path(path)}: {error}") from None
    except OSError as error:
        raise ImportReadError(f"{display_path(path)} can't be read: {error.strerror or error}") from None
    tracks = [item for item in items if isinstance(item, DjTrack)]
    lists = tuple(item for item in items if isinstance(item, DjPlaylist))
    if not tracks and not lists:
        raise NothingFoundError(f"{display_path(path)} contains no tracks and no lists")
    if lists and all(listed.kind != "list" for listed in lists) and all(track.values.is_empty for track in tracks):
        raise NothingFoundError(
            f"{display_path(path)} has only histories, which no program takes over; 'map4 import' keeps them"
        )
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if importer is not None and importer.tags is not None:
        tracks = [_with_own_tags(track, importer, folder, notes) for track in tracks]
    if with_names and name == FOLDER:
        tracks = [_named(track, folder) for track in tracks]
    moved = tuple(_one_a_file((_sound(track, notes) for track in tracks), folder))
    return ReadLibrary(path=path, importer=name, tracks=moved, lists=lists, notes=notes)


def read_stick(library: Library, folder: str) -> ReadLibrary:
    """Read what map4 wrote to a stick; tracks are at their paths in the library."""
    read, tracks = read_library(os.path.realpath(folder), "rekordbox-usb", library=library), list[DjTrack]()
    for moved in reversed(read.tracks):  # first as converted last
        entry = moved.track.entry
        if paths := [path for _, path in library._services.store.tracks.files_with_audio(entry.audio_id or "")]:
            entry = replace(entry, location=paths[0], other_locations=tuple(paths[1:]))
            tracks.append(replace(moved.track, entry=entry))
    if not tracks:
        raise NothingFoundError(f"{display_path(folder)} has no tracks of map4's; write them with 'map4 stick'")
    return replace(read, tracks=tuple(_one_a_file(tracks, "")))


def _one_a_file(tracks: Iterable[DjTrack], folder: str) -> Iterable[MovedTrack]:
    """Return one track for each file; the values of its first entry count."""
    by_path: dict[str, MovedTrack] = {}
    for track in tracks:
        path = path_of(track, folder)
        name = path or f"\0{track.key}"
        before = by_path.get(name)
        if before is None:
            places = tuple(map(Location.comparable, locations_of(track, folder)))
            by_path[name] = MovedTrack(path=path, track=track, keys=(track.key,), places=places)
        else:
            by_path[name] = replace(before, keys=(*before.keys, track.key))
    return by_path.values()


def read_files(importer_name: str, folder: str, files: Sequence[str], *, by_file_name: bool = False) -> ReadLibrary:
    """Read the files of a move back.

    files: relative to the folder
    by_file_name: programs show the name of a list's file
    """
    notes, tracks, lists = ReadNotes(), dict[str, DjTrack](), list[DjPlaylist]()
    for file in files:
        stem, suffix = os.path.splitext(file)
        importer = Importer.all()["navidrome" if suffix == _SMART else importer_name]
        for item in importer.read(os.path.join(folder, file), notes):
            if isinstance(item, DjTrack):
                tracks.setdefault(item.key, item)
                continue
            if suffix in (*_LISTS, _SMART):
                above = [name.removesuffix(".subfolders") for name in os.path.dirname(file).split(os.sep) if name]
                item = replace(item, folders=tuple(above[2:] if suffix == ".vdjfolder" else above))
            lists.append(replace(item, name=os.path.basename(stem)) if by_file_name else item)
    moved = tuple(_one_a_file((_sound(track, notes) for track in tracks.values()), folder))
    return ReadLibrary(path=folder, importer=importer_name, tracks=moved, lists=tuple(lists), notes=notes)


def tag_values(importer_name: str, path: str) -> ImportedValues:
    """Return what the tags of a file hold: a program's own data first, then what any program reads."""
    if not os.path.isfile(Location.as_file_name(path)):
        return ImportedValues()
    values = [_program_values(Importer.all()[importer_name], path, Counter()), _plain_values(path)]
    return ImportedValues.merged([each for each in values if each is not None]).plausible()[0]


def _plain_values(path: str) -> ImportedValues:
    tags = read_file_tags(Location.as_file_name(path))
    names = {name: getattr(tags, name) for name in _OF_TAGS}
    return ImportedValues(**names, track_number=tags.track, bpm=tags.bpm, key=Key.readable(tags.key))


def _program_values(importer: Importer, path: str, left_out: Counter[str]) -> ImportedValues | None:
    return None if importer.tags is None else importer.tags(Location.as_file_name(path), left_out)


def _importer(path: str, format_name: str | None) -> Importer | None:
    """Return the importer; None for a folder of lists."""
    try:
        importer = Importer.of(path, format_name)
    except ImportReadError:
        if format_name is None and os.path.isdir(path):
            return None
        raise
    if importer.is_music or importer.plays:
        raise UsageError(
            f"{importer.title} can't be moved as a library; 'map4 import' reads it, and 'map4 export' writes it for "
            "other programs"
        )
    return importer


def _folder(folder: str, notes: ReadNotes) -> Iterator[DjTrack | DjPlaylist]:
    """Yield every list of a folder and its folders, and each track once."""
    known: set[str] = set()
    for above, below, names in os.walk(folder):
        below.sort()
        inner = os.path.relpath(above, folder)
        folders = () if inner == os.curdir else tuple(map(display_path, inner.split(os.sep)))
        for name in sorted(names):
            suffix = os.path.splitext(name)[1].lower()
            if name.startswith(".") or suffix not in (*_LISTS, _SMART):
                continue
            importer = Importer.all()["navidrome" if suffix == _SMART else FOLDER]
            try:
                for item in importer.read(os.path.join(above, name), notes):
                    if isinstance(item, DjPlaylist):
                        yield replace(item, folders=folders)
                    elif item.key not in known:
                        known.add(item.key)
                        yield item
            except (ImportReadError, OSError):
                notes.left_out["unreadable lists"] += 1


def path_of(track: DjTrack, folder: str) -> str | None:
    """Return the path of a track's file: the first that exists, else the first; None if it names no file."""
    paths = [path for path in locations_of(track, folder) if not Location.is_url(path)]
    return next((path for path in paths if os.path.isfile(Location.as_file_name(path))), paths[0] if paths else None)


def locations_of(track: DjTrack, folder: str) -> Sequence[str]:
    """Return all paths that a track may mean, the likeliest first."""
    locations = (location for location in track.entry.locations if not Location.is_url(location))
    return list(dict.fromkeys(path for location in locations for path in PathMaps().inward(location, folder)))


def _with_own_tags(track: DjTrack, importer: Importer, folder: str, notes: ReadNotes) -> DjTrack:
    """Return a track with the program's data in the tags of its file."""
    path = path_of(track, folder)
    if path is None or not os.path.isfile(Location.as_file_name(path)):
        return track
    values = _program_values(importer, path, notes.left_out)
    return track if values is None else replace(track, values=ImportedValues.merged((track.values, values)))


def _named(track: DjTrack, folder: str) -> DjTrack:
    """Return a track of a list with the names of its file's tags, else those in the list."""
    path, entry = path_of(track, folder), track.entry
    values = ImportedValues(artist=entry.artist, title=entry.title, album=entry.album)
    if path is not None and os.path.isfile(Location.as_file_name(path)):
        own = replace(_plain_values(path), bpm=None, key=None)
        values = own if own.title is not None else values
    return replace(track, values=values)


def _sound(track: DjTrack, notes: ReadNotes) -> DjTrack:
    values, lost = track.values.plausible()
    if lost:
        notes.count_impossible(track.values, values)
    names = {
        name: text for name in _OF_ENTRIES if getattr(values, name) is None and (text := getattr(track.entry, name))
    }
    values = replace(values, **names) if names else values
    return track if values is track.values else replace(track, values=values)

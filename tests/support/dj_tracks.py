"""Tracks with what other programs said of them, and their export to a file of a DJ program."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from injections import content_of
from made_tracks import made_track

from map4.core.base.path_maps import Location
from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.formats.export import ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.importer import DjPlaylist, DjTrack, Importer, ReadNotes
from map4.formats.registry import ListFormats


def dj_track(
    name: str = "a.mp3",
    *,
    codec: str = "mp3",
    rate_hz: int = 44_100,
    grid: Grid | None = None,
    imported: ImportedValues | None = None,
    **tags: object,
) -> Track:
    """An analysed track of 184 s in /music, with a file."""
    track = made_track(name, 128.0, "4A", 0.5, **tags)
    return replace(
        track,
        analysis=replace(track.analysis, grid=grid),
        format=AudioFormat(codec=codec, sample_rate_hz=rate_hz, channels=2, bits=None, payload_bytes=7_360_000),
        size_bytes=7_400_000,
        imported=imported,
    )


def exported(
    kind: str, tracks: Sequence[Track], options: ExportOptions | None = None, **more: object
) -> tuple[bytes, WriteNotes]:
    """What an exporter writes, and what it has to say."""
    out = io.BytesIO()
    notes = ListFormats.all()[kind].export(content_of(tracks, **more), out, options or ExportOptions())
    return out.getvalue(), notes


def stored(
    name: str, tracks: Sequence[Track], *, folders: tuple[str, ...] = (), original: str | None = None
) -> Tracklist:
    """A stored list, as if it had been imported."""
    place = ImportedPlace(folders=folders, name=name if original is None else original)
    return Tracklist(tracks=tracks, name=name, header=ListHeader(imported=ImportedList(format="deck", place=place)))


def read(kind: str, path: Path, data: bytes) -> tuple[list[DjTrack], list[DjPlaylist], ReadNotes]:
    """What an importer reads from a file with this content."""
    path.write_bytes(data)
    return read_path(path, kind)


def read_path(path: Path, kind: str | None = None) -> tuple[list[DjTrack], list[DjPlaylist], ReadNotes]:
    """What an importer reads from a file or folder; the one that recognises it if none is named."""
    notes = ReadNotes()
    importer = Importer.of(str(path)) if kind is None else Importer.all()[kind]
    items = list(importer.read(str(path), notes))
    tracks = [item for item in items if isinstance(item, DjTrack)]
    return tracks, [item for item in items if isinstance(item, DjPlaylist)], notes


def adopted(found: DjTrack, *, codec: str, rate_hz: int = 44_100) -> Track:
    """The track of map4's library that an imported one belongs to, with nothing but what the import says."""
    path = Location.path_of_url(found.entry.location or "")
    assert path is not None
    return Track(
        path=path,
        state="ok",
        format=AudioFormat(codec=codec, sample_rate_hz=rate_hz, channels=2, bits=None, payload_bytes=1),
        size_bytes=found.entry.size_bytes,
        tags=Tags(artist=found.entry.artist, title=found.entry.title, album=found.entry.album),
        imported=found.values,
    )

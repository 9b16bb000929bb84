"""Write the files of a target: the tracks, then the lists."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NoReturn

from map4.core.audio.content import Content
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFileError, OutputFiles
from map4.errors import Map4Error
from map4.extras.move.placing import Placed, placed_lists
from map4.extras.move.source import FOLDER, MovedTrack, ReadLibrary
from map4.extras.move.targets import Target
from map4.formats import ExportContent, Exporters, ExportOptions, Format
from map4.version import __version__

_MOST_NOTE_BYTES = 100_000_000


@dataclass(slots=True)
class WrittenLibrary:
    """The written files, relative to the output folder, and remarks of the formats."""

    files: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class BegunMove:
    """The files that an unfinished move wrote, noted in its folder until it is complete: a repeated move replaces them.

    A library may not know them, since most moves need none.

    output: has the library's record; None for files that are only read back
    """

    def __init__(self, folder: str, output: OutputFiles | None) -> None:
        self._path, self._written = os.path.join(folder, ".map4-unfinished-move"), output.written if output else None

    def has_written(self, path: str, content: Content) -> bool:
        with suppress(OSError):
            lines = OnDisk(self._path).read(most_bytes=_MOST_NOTE_BYTES).splitlines()
            if self._line(path, content) in lines:
                return True
        return self._written is not None and self._written.has_written(path, content)

    def is_audio(self, path: str) -> bool:
        return self._written is not None and self._written.is_audio(path)

    def note(self, path: str, content: Content, **about: Any) -> bool:
        with open(self._path, "ab") as file:
            file.write(self._line(path, content) + b"\n")
        return self._written is None or self._written.note(path, content, **about)

    def end(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)

    def _line(self, path: str, content: Content) -> bytes:
        name = os.path.relpath(path, os.path.realpath(os.path.dirname(self._path)))
        return json.dumps([name, content.size_bytes, content.digest]).encode()


def files_of(source: ReadLibrary, target: Target) -> list[str]:
    """Return the files that a move writes, relative to the output folder."""
    files = [] if target.file is None else [target.file]
    return files + [placed.file for placed in placed_lists(target, source) if placed.file is not None]


def require_free(
    output: OutputFiles, source: ReadLibrary, target: Target, folder: str, files: Sequence[str], *, force: bool
) -> None:
    """Refuse to replace files."""
    moved = os.path.realpath(source.path)
    is_read_whole = source.importer in (FOLDER, target.importer)
    for file in files:
        path, is_database = os.path.join(folder, file), target.name == "virtualdj" and file == target.file
        if not os.path.lexists(path):
            continue
        real = os.path.realpath(path)
        if real == moved or (is_read_whole and real.startswith(os.path.join(moved, ""))):
            raise OutputFileError(f"{display_path(path)} is part of FROM, which stays as it is; choose another folder")
        try:
            output.check(path, force=force and not is_database)
        except OutputFileError:
            if not is_database:
                raise
            raise OutputFileError(
                f"{display_path(path)} exists, and map4 never replaces a database of VirtualDJ; choose another folder"
            ) from None


def write_files(
    source: ReadLibrary, target: Target, folder: str, path_maps: PathMaps, output: OutputFiles, *, force: bool
) -> WrittenLibrary:
    """Write the files of a target, each completely or not at all."""
    done = WrittenLibrary()
    tracks = {track.path: track for track in map(_track, source.tracks) if track is not None}
    by_key = {key: tracks[moved.path] for moved in source.tracks if moved.path in tracks for key in moved.keys}
    options = ExportOptions(path_maps=path_maps, with_grid=target.formats[0] is not None)
    lists = list(placed_lists(target, source))

    def write(format_: Format, file: str, content: ExportContent, options: ExportOptions) -> None:
        path = os.path.join(folder, file)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        except OSError as error:
            shown = display_path(os.path.dirname(path))
            raise OutputFileError(f"the folder {shown} can't be made: {error.strerror}") from None
        written = output.write(
            path, lambda out: format_.export(content, out, options), format_name=format_.name,
            tracks=lambda notes: notes.tracks, force=force,
        )  # fmt: skip
        done.files.append(file)
        remarks = (*written.result.sentences(), *written.remarks)
        done.remarks += [text for text in remarks if text not in done.remarks]

    of_tracks, of_lists = target.formats
    if of_tracks is not None and target.file is not None:
        lists_in_file = partial(_lists, lists, by_key, source.importer) if of_lists is None else tuple
        content = _content(list(tracks.values()), playlists=lists_in_file)
        write(Exporters.of("-", of_tracks), target.file, content, options)
    if of_lists is not None:
        for placed, listed in zip(lists, _lists(lists, by_key, source.importer), strict=True):
            if placed.file is None:
                continue
            format_ = Exporters.of("-", of_lists if placed.listed.live is None else "navidrome")
            try:
                write(format_, placed.file, _content(listed.tracks, playlist=listed), replace(options, with_grid=False))
            except OutputFileError:
                raise
            except Map4Error as error:  # a query that the program's rules can't express
                done.remarks.append(f"{placed.shown}: {error}")
    return done


def _content(tracks: Sequence[Track], **more: object) -> ExportContent:
    return ExportContent(tracks=tracks, statistics=_no_statistics, map4_version=__version__, **more)  # type: ignore[arg-type]


def _no_statistics() -> NoReturn:
    raise AssertionError("files of DJ programs contain no statistics")


def _track(moved: MovedTrack) -> Track | None:
    """Return a track of the source for the writers; None if it names no file."""
    if moved.path is None:
        return None
    entry = moved.track.entry
    return Track(
        path=moved.path, state="pending", size_bytes=entry.size_bytes, lasts_s=entry.duration_s, imported=moved.values,
    )  # fmt: skip


def _lists(lists: Sequence[Placed], tracks: dict[str, Track], importer: str) -> Iterator[Tracklist]:
    for placed in lists:
        place = ImportedPlace(folders=placed.listed.folders, name=placed.listed.name)
        yield Tracklist(
            tracks=[tracks[key] for key in placed.listed.keys if key in tracks],
            name=placed.listed.name,
            header=ListHeader(imported=ImportedList(format=importer, place=place), live=placed.listed.live),
        )

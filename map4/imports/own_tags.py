"""Data of DJ programs in the tags of the music itself, read if an import requests it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from map4.core.audio.jobs import WalkOptions, WalkProblem
from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.base.path_maps import as_file_name
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.imported import ImportedValues, merged_values
from map4.formats import DjTrack, OwnTags, ReadNotes
from map4.scan import DiskFiles

if TYPE_CHECKING:
    from map4.imports.rows import StagedEntry


def music_in(path: str, notes: ReadNotes) -> Iterator[DjTrack]:
    """Yield a file, or every music file in a folder, as a track with its path."""
    os.stat(path)
    position = 0
    for file in DiskFiles().walk((path,), WalkOptions()):
        if isinstance(file, WalkProblem):
            notes.left_out["files and folders that can't be read"] += 1
            continue
        position += 1
        yield DjTrack(key=file.path, entry=PlaylistEntry(position=position, location=file.path))


def with_own_tags(staged: StagedEntry, tags: OwnTags, notes: ReadNotes) -> DjTrack:
    """Return a track with the data of its own file: the library's file, else a file at one of the entry's paths."""
    file = staged.file
    # Skip a copy of the recording with an offset: its positions differ from the rest.
    paths = (*((file.path,) if file is not None and not file.offset_s else ()), *map(as_file_name, staged.paths))
    path = next((path for path in paths if os.path.isfile(path)), None)
    if path is None:
        return staged.track
    fields = read_program_fields(path, tags.word)
    if not fields:
        return staged.track
    values = tags.values(path, fields, notes.left_out)
    return replace(staged.track, values=merged_values((staged.track.values, values)))


def with_tagged_words(track: DjTrack) -> DjTrack:
    """Return a track with the current comment and grouping of its file."""
    tags = read_file_tags(track.key)
    return replace(track, values=ImportedValues(comment=tags.comment, grouping=tags.grouping))

"""The programs to move to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from map4.core.base.path_maps import Location
from map4.core.music.track.imported import ImportedValues
from map4.errors import UsageError
from map4.formats import Importer

_VOLUME = re.compile(r"[A-Za-z]:(?=[\\/])|/Volumes/[^/]+(?=/)")
_NOTHING = ImportedValues()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A program to move to.

    formats: of the written files: of the tracks (None if it only has lists), and of a list
    importer: reads the files
    program: the importer of the program's own library, which declares what it lacks
    next_step: what to do with the files
    file: of the tracks, in the output folder
    reads_tags: it reads values of tracks from the tags of the music
    has_live_lists: map4 writes its smart lists
    """

    name: str
    title: str
    formats: tuple[str | None, str | None]
    importer: str
    program: str
    next_step: str
    file: str | None = None
    reads_tags: bool = False
    has_live_lists: bool = False

    @property
    def has_only_lists(self) -> bool:
        """Return whether its files have no values of tracks."""
        return self.file is None and self.formats[1] is not None

    @property
    def place_of_values(self) -> str:
        """Where it reads values of tracks."""
        return "the files or the tags of the music" if self.reads_tags else "the files"

    def lacks(self, name: str, value: Any, values: ImportedValues = _NOTHING) -> tuple[str, ...]:
        """Return why the program can't hold a value; nothing if it can.

        name: as of `Lack`, or several
        value: None if it is unknown: then the program may hold it, if it holds any
        values: of the track
        """
        names = {*name.split()}
        return tuple(
            (lack.reason or "{} has none that map4 knows").format(self.title)
            for lack in Importer.all()[self.program].lacks
            if names & {*lack.names.split()}
            and (lack.applies is None or (value is not None and lack.applies(value, values)))
        )

    def place(self, path: str) -> str:
        """Return a path as the result is compared; paths in crates begin at the root of the volume."""
        if self.name == "serato":
            path = _VOLUME.sub("", path).replace("\\", "/")
        return Location.comparable(path)


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="rekordbox", title="rekordbox", formats=("rekordbox", None), importer="rekordbox",
            program="rekordbox", file="rekordbox.xml",
            next_step="choose the file in rekordbox's preferences (Advanced > Database > rekordbox xml), then import "
            "its playlists",
        ),
        Target(
            name="traktor", title="Traktor", formats=("traktor", None), importer="traktor", program="traktor",
            file="map4.nml",
            next_step="in Traktor, right-click Track Collection > Import Another Collection, then Playlists > Import "
            "Playlist, and choose the file",
        ),
        Target(
            name="serato", title="Serato", formats=(None, "serato"), importer="serato", program="serato",
            reads_tags=True,
            next_step="close Serato, and copy the crates to _Serato_/Subcrates in your music folder or on the drive",
        ),
        Target(
            name="virtualdj", title="VirtualDJ", formats=("virtualdj-database", "virtualdj"), importer="virtualdj",
            program="virtualdj", file=os.path.join("VirtualDJ", "database.xml"),
            next_step="open VirtualDJ with the drive; lists go to MyLists in VirtualDJ's own folder",
        ),
        Target(
            name="navidrome", title="Navidrome", formats=(None, "m3u8"), importer="lists", program="navidrome",
            reads_tags=True, has_live_lists=True, next_step="copy the folder into Navidrome's music folder",
        ),
        Target(
            name="mixxx", title="Mixxx", formats=(None, "m3u8"), importer="lists", program="mixxx", reads_tags=True,
            next_step="in Mixxx, right-click Playlists > Import Playlist, and choose the lists",
        ),
        Target(
            name="folder", title="M3U8", formats=(None, "m3u8"), importer="lists", program="lists",
            next_step="open the lists in your player",
        ),
    )
}  # fmt: skip

STICK = Target(
    name="stick", title="a stick", formats=(None, None), importer="rekordbox-usb", program="rekordbox-usb",
    next_step="'map4 import FROM' and 'map4 stick LIST --to DIR' write to the stick what is missing; '--with-cues all' "
    "adds detected cue points",
)  # fmt: skip
"""What `map4 stick` wrote to a stick, which a move only compares."""

_REFUSED = {
    "engine": "map4 writes no library of Engine DJ; move to rekordbox, and import that file in Engine DJ",
    "apple": "map4 writes no library of Apple Music; move to folder, and import the lists there (File > Library > "
    "Import Playlist)",
    "stick": "a stick has music, too: import FROM, write it with 'map4 stick LIST --to DIR', then name DIR here",
}  # fmt: skip


def target_of(name: str) -> Target:
    """Return the target of a name, or of the folder of a stick."""
    target = STICK if name not in TARGETS and os.path.isdir(name) else TARGETS.get(name)
    if target is None:
        raise UsageError(_REFUSED.get(name) or f"there is no target '{name}'; {UsageError.did_you_mean(name, TARGETS)}")
    return target

"""The list of map4's files, tracks and lists, on the stick."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from map4.core.audio.content import Content
from map4.core.base.declaration import load
from map4.core.base.records import read
from map4.core.base.regular_files import OnDisk
from map4.core.store.sql_store import Store
from map4.extras.stick.place import OWN, StickError, StickPlace, is_own_name
from map4.lists import SqlPlaylists

OWN_LIST = f"{OWN}/list.json"
SCHEMA = "map4/stick-list/1"
_MOST_BYTES = 256 << 20
_CLOCK_S = 2.0  # FAT stores times in steps of two seconds


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file as map4 wrote it; `mtime_s` spares reading it again."""

    size_bytes: int
    digest: str
    mtime_s: float = 0.0

    def is_unchanged(self, path: str, *, is_read: bool = False) -> bool:
        """Return whether a file is as map4 wrote it; with `is_read`, its content is compared in any case."""
        with suppress(OSError):
            status = os.stat(path, follow_symlinks=False)
            if status.st_size == self.size_bytes:
                has_time = not is_read and abs(status.st_mtime - self.mtime_s) <= _CLOCK_S
                return has_time or Content.of_file(path).digest == self.digest
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrack:
    """A track that map4 wrote.

    source: id of its audio, and the form to which it was converted; "" for none
    marks: digest of its cue points, grid and phrases, as in its analysis files
    row: digest of its values in the databases
    artwork: name of its cover
    rating, plays: as written
    """

    source: tuple[str, str]
    analysis_path: str
    marks: str = ""
    row: str = ""
    artwork: str | None = None
    rating: int = 0
    plays: int = 0

    @property
    def analyses(self) -> tuple[str, ...]:
        """Names of its analysis files."""
        return tuple(self.analysis_path[:-4] + suffix for suffix in (".DAT", ".EXT", ".2EX"))


def library_id(store: Store) -> str:
    """Return the id of a library, which its copies share."""
    return str(store.part(load("map4.accounts:SqlAccounts")).library_id())


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStickList:
    """All that map4 wrote to a stick.

    files: by name from the root
    tracks: by the name of the music
    lists: folders and name by number, after the account if one owns the list; folders that map4 made, too
    library: id of the library that wrote it last; "" if map4 1.0 did
    """

    files: Mapping[str, OwnFile] = field(default_factory=dict)
    tracks: Mapping[str, OwnTrack] = field(default_factory=dict)
    lists: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    library: str = ""

    @classmethod
    def read(cls, place: StickPlace, folder: str = "") -> OwnStickList | None:
        """Read the list of a stick; None without one. A new list waits in a `folder`."""
        path = place.at(folder + OWN_LIST)
        try:
            record: Any = json.loads(OnDisk(path).read(most_bytes=_MOST_BYTES))
            if record.pop("schema") != SCHEMA:
                raise StickError(f"{path} was written by a newer map4; update map4")
            own = read(OwnStickList, record)
            if not all(map(is_own_name, (*own.files, *own.tracks))):
                raise ValueError("it names files outside of the stick's folders")
            return replace(own, lists={int(number): names for number, names in own.lists.items()})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StickError(
                f"map4's list on the stick is damaged ({error}); delete {path}, and what map4 wrote before counts as "
                "another program's"
            ) from None

    def data(self) -> bytes:
        """The content of the list's file."""
        values = {
            "schema": SCHEMA,
            "files": self.files,
            "tracks": self.tracks,
            "lists": self.lists,
            "library": self.library,
        }
        # `asdict` copies deeply, which takes twice as long.
        records = json.JSONEncoder(
            separators=(",", ":"), default=lambda record: {name: getattr(record, name) for name in record.__slots__}
        )
        return records.encode(values).encode("ascii")

    def is_of(self, store: Store) -> bool:
        """Return whether a library wrote it, or has a list of it if it does not say which library did."""
        if self.library:
            return self.library == library_id(store)
        return not {names[-1] for names in self.lists.values()}.isdisjoint(store.part(SqlPlaylists).names())

    def changed(self, place: StickPlace, names: Iterable[str]) -> bool:
        """Return whether any of some files is no longer as map4 wrote it; missing ones and others don't count."""
        there = ((self.files[name], place.at(name)) for name in names if name in self.files)
        return any(os.path.exists(path) and not file.is_unchanged(path) for file, path in there)

"""Playlists of other programs as stored lists of map4's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from map4.domain.foreign import ForeignList
from map4.domain.tags import Tags
from map4.domain.track import Track
from map4.domain.tracklist import TrackList
from map4.infra.import_store import ImportStore
from map4.infra.importers.registry import Importer
from map4.infra.list_store import MOST_NAME_LETTERS, ListStore

# Room for a folder's name or a number behind a name that is taken.
_SUFFIX_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLists:
    """What became of the lists: their names in map4, how many are new or other than before, and what to say."""

    names: tuple[str, ...]
    changed: int
    remarks: tuple[str, ...]


class ImportedLists:
    """Stores lists, each under the name it had, or one that is free; the same list under the same name again."""

    def __init__(self, imports: ImportStore, lists: ListStore, importer: Importer) -> None:
        self._imports = imports
        self._lists = lists
        self._importer = importer

    def put(self, found: Iterable[ForeignList], *, now: datetime, dry_run: bool) -> StoredLists:
        """Store lists, whose tracks are staged; those that are as they were are not touched."""
        taken = {stored.name.casefold(): stored.name for stored in self._lists.all()}
        ours = self._lists.imported(self._importer.name)
        names: list[str] = []
        changed, renamed = 0, 0
        for one in found:
            place = (*one.folders, one.name)
            same = ours.get(place)
            if same:  # of two lists of one name the first is the first again
                name = same.pop(0)
            else:
                name = next(free for free in _names(one, self._importer.title) if free.casefold() not in taken)
                renamed += name != one.name
            taken[name.casefold()] = name
            names.append(name)
            content = self._content(one)
            if not self._lists.holds(name, content):
                changed += 1
                if not dry_run:
                    self._lists.put(name, content, now=now)
        lists = "list has" if renamed == 1 else "lists have"
        remarks = (f"{renamed} {lists} another name here, as theirs was taken or none for a list",) if renamed else ()
        return StoredLists(names=tuple(names), changed=changed, remarks=remarks)

    def _content(self, one: ForeignList) -> TrackList:
        tracks = [
            Track(path=path, state="missing", audio_id=audio_id, tags=Tags(artist=entry.artist, title=entry.title))
            for path, entry, audio_id in self._imports.staged(one.keys)
        ]
        header = {"format": self._importer.name, "folders": list(one.folders), "name": one.name}
        return TrackList(tracks=tracks, header={"imported": header})


def _names(one: ForeignList, title: str) -> Iterator[str]:
    """Names that a list can have here, the best first."""
    name = _plain(one.name)
    yield name
    if one.folders:
        yield f"{name} ({_plain(one.folders[-1])[: _SUFFIX_LETTERS - 3]})"
    yield f"{name} ({title})"
    number = 2
    while True:
        yield f"{name} ({title} {number})"
        number += 1


def _plain(name: str) -> str:
    """A name without what a stored list's can't have: slashes, controls, and more than so many letters."""
    printable = "".join(" " if ord(letter) < 0x20 else letter for letter in name)
    clean = printable.encode("utf-8", "replace").decode("utf-8").replace("/", "-").replace("\\", "-").strip()
    short = clean[: MOST_NAME_LETTERS - _SUFFIX_LETTERS].strip()
    return "list" if short in ("", "-") else short

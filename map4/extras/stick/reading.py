"""Read an existing stick, to merge new tracks and lists into it, and to check it."""

from __future__ import annotations

import os
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar

from map4.base.regular_files import read_regular
from map4.extras.stick.pages import unpack_pages
from map4.extras.stick.records import SAME_VALUES, StickContents, StickList, StickTrack
from map4.extras.stick.rows import (
    ENTRY,
    NAME_PLACES,
    TRACK_NAMES,
    TREE_NODE,
    PdbTable,
    read_name,
    read_track,
    text_at,
)
from map4.formats import ImportReadError, is_encrypted, opened_device_plus
from map4.version import how_to_add

LIBRARY, PLUS = "/PIONEER/rekordbox/export.pdb", "/PIONEER/rekordbox/exportLibrary.db"
_MOST_BYTES = 1 << 30
_REPLACED = (PdbTable.TRACKS, PdbTable.TREE, PdbTable.ENTRIES, PdbTable.SYNCHRONISED)
_KEPT = tuple(table for table in PdbTable if table not in _REPLACED)

_Row = TypeVar("_Row")
_Names = Mapping[int, Mapping[int, tuple[str, int]]]


@dataclass(slots=True)
class PdbReading:
    """An export.pdb that was read, with all that is wrong with it, as sentences.

    misaligned: number of texts that some players can't read, by the path of their track; others by `LIBRARY`
    """

    contents: StickContents = field(default_factory=StickContents)
    faults: list[str] = field(default_factory=list)
    misaligned: Counter[str] = field(default_factory=Counter)


def read_contents(folder: str) -> StickContents | None:
    """The contents of a stick, with its rows; None if it has no library.

    Its tracks have no grid, cues, phrases and strip, as their analysis files stay.

    raises ImportReadError: for damage, and tables or a structure that are not known
    """
    if os.path.exists(f"{folder}/.PIONEER"):
        raise ImportReadError(
            "its library is in .PIONEER, as on sticks formatted for a Mac; format it as FAT32 or exFAT"
        )
    if not os.path.exists(folder + LIBRARY):
        if os.path.exists(folder + PLUS):
            raise ImportReadError("it has only a Device Library Plus; export to it with rekordbox first")
        return None
    reading = read_pdb(folder)
    if reading.faults:
        raise ImportReadError(f"its export.pdb is damaged, or newer than map4 knows: {reading.faults[0]}")
    return reading.contents


def require_plus(folder: str, contents: StickContents) -> None:
    """Require that the Device Library Plus of a stick, if any, can be written beside its export.pdb.

    raises ImportReadError: without pyrekordbox, for damage, and if it has other tracks
    """
    if find_spec("pyrekordbox") is None:
        raise ImportReadError(f"its exportLibrary.db needs pyrekordbox: {how_to_add('rekordbox')}")
    if os.path.exists(folder + PLUS):
        tracks, _ = read_plus(folder)
        if tracks != {track.number: track.path for track in contents.tracks}:
            raise ImportReadError("its two databases have different tracks; export to it with rekordbox again")


def read_plus(folder: str) -> tuple[dict[int, str], list[list[str]]]:
    """The paths of tracks by number in the Device Library Plus of a stick, and those of each list.

    raises ImportReadError: without pyrekordbox, and for damage
    """
    path, lists = folder + PLUS, defaultdict[int, list[str]](list)
    with opened_device_plus(path, is_locked=is_encrypted(path)) as connection:
        try:
            problems = connection.execute("PRAGMA cipher_integrity_check").fetchall()
            tracks = dict(connection.execute("SELECT content_id, path FROM content"))
            entries = "SELECT playlist_id, content_id FROM playlist_content ORDER BY sequenceNo"
            for number, track in connection.execute(entries):
                lists[number].append(tracks.get(track, ""))
        except connection.Error as error:
            problems = [(error,)]
    if problems:
        raise ImportReadError(f"its exportLibrary.db is damaged, or newer than map4 knows: {problems[0][0]}")
    return tracks, list(lists.values())


def read_pdb(folder: str) -> PdbReading:
    """Read the export.pdb of a stick as far as it can be read."""
    reading = PdbReading()
    tables = unpack_pages(read_regular(folder + LIBRARY, most_bytes=_MOST_BYTES), reading.faults)
    unknown = [kind for kind, rows in tables.items() if rows and kind not in (*_KEPT, *_REPLACED)]
    reading.faults += [f"table {kind} has rows of an unknown meaning" for kind in unknown]
    names = _names(tables, reading)
    tracks = _read(tables, PdbTable.TRACKS, reading, lambda row: _track(row, names, reading.misaligned))
    kept: dict[int, tuple[bytes, ...]] = {kind: tuple(tables.get(kind, ())) for kind in _KEPT}
    reading.contents = StickContents(tracks=tuple(tracks), lists=_lists(tables, reading), rows=kept)
    return reading


def _read(
    rows: Mapping[int, Sequence[bytes]], kind: int, reading: PdbReading, read: Callable[[bytes], _Row]
) -> Iterator[_Row]:
    """Yield what `read` returns for each row of a table; damaged rows are faults."""
    for number, row in enumerate(rows.get(kind, ()), 1):
        try:
            yield read(row)
        except (struct.error, ValueError) as error:
            reading.faults.append(f"table {kind:d}, row {number}: {error}")


def _names(rows: Mapping[int, Sequence[bytes]], reading: PdbReading) -> _Names:
    """Names, with the numbers of albums' artists, by table and number."""
    names = {}
    for kind in NAME_PLACES:
        read = list(_read(rows, kind, reading, partial(read_name, kind)))
        reading.misaligned[LIBRARY] += sum(is_odd for *_, is_odd in read)
        names[kind] = {0: ("", 0)} | {number: (name, artist) for number, name, artist, _ in read}
    return names


def _named(names: _Names, kind: int, number: int) -> tuple[str | None, int]:
    if number not in names[kind]:
        raise ValueError(f"it names row {number} of table {kind:d}, which is missing")
    name, artist = names[kind][number]
    return name or None, artist


def _track(row: bytes, names: _Names, misaligned: Counter[str]) -> StickTrack:
    values, odd = read_track(row)
    misaligned[values["path"]] += odd
    album, artist = _named(names, PdbTable.ALBUMS, values["album"])
    named = {field: _named(names, kind, values[field])[0] for field, kind in TRACK_NAMES.items()}
    texts = {name: values[name] or None for name in ("mix", "comment", "isrc")}
    same: dict[str, Any] = {name: values[name] for name in SAME_VALUES} | named | texts
    return StickTrack(
        **same, title=values["title"], album=album, album_artist=_named(names, PdbTable.ARTISTS, artist)[0],
        bpm=values["bpm_x100"] / 100 or None, duration_s=float(values["seconds"]), row=row,
    )  # fmt: skip


def _lists(rows: Mapping[int, Sequence[bytes]], reading: PdbReading) -> tuple[StickList, ...]:
    entries: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, track, playlist in _read(rows, PdbTable.ENTRIES, reading, ENTRY.unpack_from):
        entries[playlist].append((place, track))
    nodes = _read(rows, PdbTable.TREE, reading, lambda row: (TREE_NODE.unpack_from(row), text_at(row, TREE_NODE.size)))
    in_order = sorted(nodes, key=lambda node: node[0][2])
    return tuple(
        StickList(
            number=number, name=name, parent=parent, is_folder=bool(is_folder), is_kept=True,
            tracks=tuple(track for _, track in sorted(entries[number])),
        )
        for (parent, _, _, number, is_folder), name in in_order
    )  # fmt: skip

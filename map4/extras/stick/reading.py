"""Read an existing stick, to merge new tracks and lists into it, and to check it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from operator import itemgetter
from typing import Any

from map4.core.base.regular_files import OnDisk
from map4.extras.stick.players import PLAYERS
from map4.extras.stick.records import SAME_VALUES, StickContents, StickList, StickTrack
from map4.formats import TRACK_ROW, DeviceFile, ImportReadError, PdbTable, opened_rekordbox
from map4.version import Packages

DATABASES = LIBRARY, PLUS = "/PIONEER/rekordbox/export.pdb", "/PIONEER/rekordbox/exportLibrary.db"
HIDDEN = "/.PIONEER"
FOR_MAC = "its library is in .PIONEER, as on sticks formatted for a Mac; format it as FAT32 or exFAT"
_REPLACED = (PdbTable.TRACKS, PdbTable.TREE, PdbTable.ENTRIES)


def read_contents(folder: str) -> StickContents | None:
    """The contents of a stick, with its rows; None if it has no library.

    Its tracks have no grid, cues, phrases and strip, as their analysis files stay.
    """
    if os.path.exists(folder + HIDDEN):
        raise ImportReadError(FOR_MAC)
    if not os.path.exists(folder + LIBRARY):
        if os.path.exists(folder + PLUS):
            raise ImportReadError("it has only a Device Library Plus; export to it with rekordbox first")
        return None
    contents, faults, _ = read_pdb(folder)
    if faults:
        raise ImportReadError(f"its export.pdb is damaged, or newer than map4 knows: {faults[0]}")
    return contents


_PYREKORDBOX = f"pyrekordbox: {Packages('rekordbox').how_to_add()}"


def has_writer_of_plus() -> bool:
    """Return whether pyrekordbox, which the Device Library Plus needs, is installed."""
    return find_spec("pyrekordbox") is not None


def require_plus(folder: str, contents: StickContents, player: str) -> None:
    """Require that the Device Library Plus of a stick, if it needs one, can be written beside its export.pdb."""
    if not has_writer_of_plus():
        if PLAYERS[player].get("reads_plus"):
            raise ImportReadError(f"{player.upper()} reads exportLibrary.db, which needs {_PYREKORDBOX}")
        if os.path.exists(folder + PLUS):
            raise ImportReadError(f"its exportLibrary.db, which must change as well, needs {_PYREKORDBOX}")
    if os.path.exists(folder + PLUS):
        tracks, _ = read_plus(folder)
        if tracks != {track.number: track.path for track in contents.tracks}:
            raise ImportReadError("its two databases have different tracks; export to it with rekordbox again")


def read_plus(folder: str) -> tuple[dict[int, str], list[list[str]]]:
    """The paths of tracks by number in the Device Library Plus of a stick, and those of each list."""
    path, lists = folder + PLUS, defaultdict[int, list[str]](list)
    with opened_rekordbox(path, is_stick=True) as connection:
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


def read_pdb(folder: str) -> tuple[StickContents, list[str], Counter[str]]:
    """Read the export.pdb of a stick as far as it can be read.

    returns: the contents, all that is wrong as sentences, and the number of texts that some players can't read, by the
        path of their track, others by `LIBRARY`
    """
    contents, faults, misaligned = StickContents(), list[str](), Counter[str]()
    try:
        with OnDisk(folder + LIBRARY).open() as file:
            library = DeviceFile(file, Counter())
            names = library.names()
            misaligned[LIBRARY] += sum(name.misaligned for its in names.values() for name in its)
            tracks = tuple(_track(values, misaligned) for values in library.tracks(names))
            lists = tuple(_lists(library))
            rows = {table: tuple(library.rows(table)) for table in sorted(library.tables - {*names, *_REPLACED})}
            unknown = [table for table, its in rows.items() if its and table not in {*PdbTable}]
            library.faults += [f"table {table} has rows of an unknown meaning" for table in unknown]
            rows.pop(PdbTable.SYNCHRONISED, None)
            library.check_free_pages()
            rows |= {table: tuple(name.row for name in its) for table, its in names.items()}
            numbers = {table: [name[:3] for name in its] for table, its in names.items()}
            contents = StickContents(tracks=tracks, lists=lists, rows=rows, names=numbers)
        faults += library.faults
    except (ImportReadError, OSError) as error:
        faults.append(str(error))
    return contents, faults, misaligned


def _track(values: dict[str, Any], misaligned: Counter[str]) -> StickTrack:
    misaligned[values["path"]] += values["misaligned"]
    same = {name: values[name] for name in (*SAME_VALUES, *TRACK_ROW.names, "album_artist", "title", "row")}
    texts: dict[str, Any] = {name: values[name] or None for name in ("mix", "comment", "isrc")}
    bpm = values["bpm_x100"] / 100 or None
    return StickTrack(**same, **texts, bpm=bpm, duration_s=float(values["seconds"]))


def _lists(library: DeviceFile) -> Iterator[StickList]:
    entries = defaultdict[int, list[tuple[int, int]]](list)
    for place, track, playlist in library.entries(PdbTable.ENTRIES):
        entries[playlist].append((place, track))
    for _, number, parent, is_folder, name in sorted(library.nodes(), key=itemgetter(0)):
        tracks = tuple(track for _, track in sorted(entries[number]))
        yield StickList(number=number, name=name, parent=parent, is_folder=bool(is_folder), tracks=tracks)

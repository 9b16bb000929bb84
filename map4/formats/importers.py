"""What map4 can import, found by name, by the suffix of a file, or by what it begins with."""

from __future__ import annotations

import os
from functools import cache

from map4.domain.near_names import did_you_mean
from map4.errors import UsageError
from map4.formats.format import listed_names, loaded
from map4.formats.importer import Importer, ImportReadError
from map4.regular_files import open_regular

_HEAD_BYTES = 4096


_IMPORTERS = (
    "map4.formats.rekordbox.xml_reader:REKORDBOX",
    "map4.formats.rekordbox.database:REKORDBOX_DB",
    "map4.formats.rekordbox.device:REKORDBOX_USB",
    "map4.formats.traktor.reader:TRAKTOR",
    "map4.formats.serato.reader:SERATO",
    "map4.formats.serato.tags:SERATO_TAGS",
    "map4.formats.virtualdj.reader:VIRTUALDJ",
    "map4.formats.mixxx.reader:MIXXX",
    "map4.formats.engine.reader:ENGINE",
    "map4.formats.apple.reader:APPLE",
    "map4.formats.cue_sheet:CUE",
    # Any XML and any line of text may be a list: those that are surely something else stand before it.
    "map4.formats.list_importer:LISTS",
)


# By suffix, what to do with files that map4 can't read; the last is the whole name.
_INSTEAD = {
    ".wpl": "Windows Media Player's list; save it there as M3U (File > Save Now Playing List As), and import that",
    ".asx": "a list of Windows Media streams; save it in your player as M3U, and import that",
    "datafile.edb": "rekordbox 5's own database, which is encrypted; let rekordbox export its collection as XML "
    "(File > Export Collection in xml format), and import that",
}


@cache
def importers() -> dict[str, Importer]:
    """Every importer by its name; those that recognise most surely first."""
    return {found.name: found for found in map(loaded, _IMPORTERS)}


def importer_for(path: str, name: str | None = None) -> Importer:
    """What reads a file.

    name: of the importer; None takes what recognises the file
    """
    if name is not None:
        found = importers().get(name)
        if found is None:
            raise UsageError(f"there is no format '{name}' to import; {did_you_mean(name, importers())}")
        return found
    for ending, what in _INSTEAD.items():
        if path.lower().endswith(ending):
            raise ImportReadError(f"this is {what}")
    head = b""
    if not os.path.isdir(path):
        with open_regular(path) as file:
            head = file.read(_HEAD_BYTES)
    found = next((one for one in importers().values() if one.recognises(path, head)), None)
    if found is None:
        what = "this file is empty, and" if not head and not os.path.isdir(path) else "this"
        raise ImportReadError(
            f"{what} is no library that map4 can read; it reads {listed_names(importers())} "
            "(Serato's tags in music with --from serato-tags)"
        )
    return found

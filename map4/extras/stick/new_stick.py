"""What rekordbox 6 writes on a new stick: the menus of both databases, and setting files (`new_stick.toml`)."""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from map4.formats import PdbTable

_FILES = files("map4.extras.stick")
_NEW = tomllib.loads(_FILES.joinpath("new_stick.toml").read_text(encoding="utf-8"))
_MENU = [(kind, f"\ufffa{name}\ufffb") for kind, name in _NEW["menu"]]
"""Players translate names between these two letters."""

MENU_ROWS: Mapping[int, Sequence[bytes | tuple[bytes, str]]] = {
    PdbTable.COLORS: [(struct.pack("<IBHB", 0, at, at, 0), name) for at, name in enumerate(_NEW["colors"], 1)],
    PdbTable.COLUMNS: [(struct.pack("<2H", at, kind), name) for at, (kind, name) in enumerate(_MENU, 1)],
    PdbTable.CATEGORIES: [struct.pack("<2H2BH", *values) for values in _NEW["categories"]],
    PdbTable.SORTS: [struct.pack("<2H2BH", *values, 0) for values in _NEW["sorts"]],
}
"""The menus as tables of export.pdb."""
LIBRARY_SCHEMA = _FILES.joinpath("new_library.sql").read_text(encoding="utf-8")
"""The tables of a Device Library Plus, as SQL."""
LIBRARY_MENUS: Mapping[str, Sequence[tuple[object, ...]]] = {
    "color": list(enumerate(_NEW["colors"], 1)),
    "menuItem": [(number, *entry) for number, entry in enumerate(_MENU, 1)],
    "category": [(own, entry, place, int(hidden != 1)) for entry, own, _, hidden, place in _NEW["categories"]],
    "sort": [(own, entry, place, 1 - hidden, 0) for entry, own, hidden, place in _NEW["sorts"]],
}
"""The menus as rows of a Device Library Plus, by table."""
SETTING_FILES: Mapping[str, bytes] = {name: bytes.fromhex(data) for name, data in _NEW["setting_files"].items()}
"""Files of the folder PIONEER by name."""

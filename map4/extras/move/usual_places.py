"""Where programs keep their libraries."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence

from map4.core.base.near_names import did_you_mean
from map4.core.base.paths import display_path
from map4.errors import NothingFoundError

_LOCAL = "$LOCALAPPDATA"
_PLACES: Mapping[str, Sequence[str]] = {
    "traktor": ("~/Documents/Native Instruments/Traktor */collection.nml",),
    "serato": ("~/Music/_Serato_",),
    "virtualdj": (
        "~/Library/Application Support/VirtualDJ", f"{_LOCAL}/VirtualDJ", "~/Documents/VirtualDJ",
    ),
    "mixxx": (
        "~/.mixxx/mixxxdb.sqlite",
        "~/Library/Containers/org.mixxx.mixxx/Data/Library/Application Support/Mixxx/mixxxdb.sqlite",
        f"{_LOCAL}/Mixxx/mixxxdb.sqlite",
    ),
    "engine": ("~/Music/Engine Library",),
    "apple": ("~/Music/iTunes/iTunes Music Library.xml", "~/Music/Music/Library.xml"),
}  # fmt: skip
_NAMED = {"navidrome": "the folder of its lists", "folder": "the folder of lists"}


def usual_place(name: str) -> str:
    """Return the library of a program in its usual place; with several versions, the last."""
    from map4.formats import REKORDBOX_PLACES  # with the reader, which the help of commands does not need

    usual = {"rekordbox": tuple(REKORDBOX_PLACES.values()), **_PLACES}
    if name in _NAMED:
        raise NothingFoundError(f"name {_NAMED[name]} instead of '{name}'")
    if name not in usual:
        hint = did_you_mean(name, usual) if os.sep not in name and "." not in name else "check the path"
        raise NothingFoundError(f"there is no file {display_path(name)}; {hint}")
    places = [os.path.expandvars(os.path.expanduser(place)) for place in usual[name]]
    known = [path for place in places for path in sorted(glob.glob(place), key=_number_key)]
    if not known:
        looked = ", ".join(place for place in places if not place.startswith("$"))
        raise NothingFoundError(f"there is no library of {name} in its usual place ({looked}); name the file instead")
    return known[-1]


def _number_key(path: str) -> list[tuple[str, int]]:
    """Return a key that sorts Traktor 3.9 before 3.11."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", path)]

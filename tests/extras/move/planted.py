"""Losses planted in written files: each changes one value that the program can hold."""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

Plant = Callable[[Element], None]


def _set(path: str, name: str, value: str) -> Plant:
    """Set an attribute of the first element that has it."""

    def plant(root: Element) -> None:
        next(element for element in root.iterfind(path) if element.get(name, "0") not in ("", "0", value)).set(
            name, value
        )

    return plant


def _moved(path: str, name: str, by: float) -> Plant:
    def plant(root: Element) -> None:
        mark = next(root.iterfind(path))
        mark.set(name, f"{float(mark.get(name, '0')) + by:.6f}")

    return plant


def _without(path: str, part: str) -> Plant:
    def plant(root: Element) -> None:
        parent = next(element for element in root.iterfind(path) if element.find(part) is not None)
        parent.remove(parent.find(part))  # type: ignore[arg-type]

    return plant


_TRACK, _ENTRY, _INFO = ".//COLLECTION/TRACK", ".//COLLECTION/ENTRY", ".//ENTRY/INFO"
_CUE, _MARKER = ".//CUE_V2[@TYPE='0']", ".//CUE_V2[@TYPE='4']"
PLANTED: Mapping[str, tuple[str, Mapping[str, Plant]]] = {
    what: (kind, {"rekordbox": in_rekordbox, "traktor": in_traktor})
    for what, kind, in_rekordbox, in_traktor in (
        (
            "cue moved", "hot_cues", _moved(".//POSITION_MARK[@Num='0'][@Type='0']", "Start", 0.03),
            _moved(f"{_CUE}[@HOTCUE='0']", "START", 30),
        ),
        ("loop lost", "loops", _without(_TRACK, "POSITION_MARK[@Type='4']"), _without(_ENTRY, "CUE_V2[@TYPE='5']")),
        ("grid moved", "grids", _moved(f"{_TRACK}/TEMPO", "Inizio", 0.03), _moved(_MARKER, "START", 30)),
        ("tempo", "tempi", _set(_TRACK, "AverageBpm", "99.00"), _set(f"{_ENTRY}/TEMPO", "BPM", "99.00")),
        ("key", "keys", _set(_TRACK, "Tonality", "Bm"), _set(f"{_ENTRY}/MUSICAL_KEY", "VALUE", "23")),
        ("rating", "ratings", _set(_TRACK, "Rating", "51"), _set(_INFO, "RANKING", "51")),
        ("plays", "plays", _set(_TRACK, "PlayCount", "999"), _set(_INFO, "PLAYCOUNT", "999")),
        ("date", "dates", _set(_TRACK, "DateAdded", "2001-01-01"), _set(_INFO, "IMPORT_DATE", "2001/1/1")),
        ("comment", "comments", _set(_TRACK, "Comments", "other"), _set(_INFO, "COMMENT", "other")),
        ("artist", "names", _set(_TRACK, "Artist", "Nobody"), _set(_ENTRY, "ARTIST", "Nobody")),
        ("entry lost", "lists", _without(".//NODE[@Type='1']", "TRACK"), _without(".//PLAYLIST", "ENTRY")),
    )
}  # fmt: skip

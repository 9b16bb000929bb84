"""Losses planted in written files: each changes one thing, and says how the certificate must name it."""

import random
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

Planted = tuple[str, str]
"""Kind of the certificate, and a part of the track's or list's name."""
Tree = ET.Element


def _moved(track: Tree, marks: str, place: str, scale: float, drawn: random.Random) -> bool:
    """Move one of these marks by 30 ms."""
    found = track.findall(marks)
    if not found:
        return False
    mark = drawn.choice(found)
    mark.set(place, f"{float(mark.get(place, '0')) + 0.03 * scale:.6f}")
    return True


def _without(track: Tree, marks: str, drawn: random.Random) -> bool:
    found = track.findall(marks)
    if found:
        track.remove(drawn.choice(found))
    return bool(found)


def _set(element: Tree | None, name: str, values: tuple[str, ...]) -> bool:
    """Set an attribute that has a value to another."""
    if element is None or element.get(name, "0") in ("", "0"):
        return False
    element.set(name, next(value for value in values if value != element.get(name)))
    return True


def _shorter(root: Tree, lists: str, entry: str, drawn: random.Random) -> bool:
    return any(_without(listed, entry, drawn) for listed in root.iterfind(lists))


Change = Callable[[Tree, Tree, random.Random], bool]
"""Changes a track or the document; False if there is nothing to change."""
REKORDBOX: dict[str, tuple[str, Change]] = {
    "cue moved": ("cues", lambda _, track, drawn: _moved(track, "POSITION_MARK[@Type='0']", "Start", 1, drawn)),
    "cue lost": ("cues", lambda _, track, drawn: _without(track, "POSITION_MARK[@Type='0']", drawn)),
    "loop lost": ("loops", lambda _, track, drawn: _without(track, "POSITION_MARK[@Type='4']", drawn)),
    "grid moved": ("grids", lambda _, track, drawn: _moved(track, "TEMPO", "Inizio", 1, drawn)),
    "tempo": ("tempi", lambda _, track, drawn: _set(track, "AverageBpm", ("99.00", "98.00"))),
    "key": ("keys", lambda _, track, drawn: _set(track, "Tonality", ("Am", "Bm"))),
    "rating": ("ratings", lambda _, track, drawn: _set(track, "Rating", ("51", "255"))),
    "plays": ("plays", lambda _, track, drawn: _set(track, "PlayCount", ("999", "998"))),
    "date": ("dates", lambda _, track, drawn: _set(track, "DateAdded", ("2001-01-01", "2001-01-02"))),
    "colour": ("colors", lambda _, track, drawn: _set(track, "Colour", ("0x660099", "0x0000FF"))),
    "comment": ("comments", lambda _, track, drawn: _set(track, "Comments", ("other", "others"))),
    "artist": ("names", lambda _, track, drawn: _set(track, "Artist", ("Nobody", "Somebody"))),
    "list shortened": ("lists", lambda root, _, drawn: _shorter(root, ".//NODE[@Type='1']", "TRACK", drawn)),
}
TRAKTOR: dict[str, tuple[str, Change]] = {
    "cue moved": ("cues", lambda _, track, drawn: _moved(track, "CUE_V2[@TYPE='0']", "START", 1000, drawn)),
    "cue lost": ("cues", lambda _, track, drawn: _without(track, "CUE_V2[@TYPE='0']", drawn)),
    "loop lost": ("loops", lambda _, track, drawn: _without(track, "CUE_V2[@TYPE='5']", drawn)),
    "grid moved": ("grids", lambda _, track, drawn: _moved(track, "CUE_V2[@TYPE='4']", "START", 1000, drawn)),
    "key": ("keys", lambda _, track, drawn: _set(track.find("MUSICAL_KEY"), "VALUE", ("21", "22"))),
    "rating": ("ratings", lambda _, track, drawn: _set(track.find("INFO"), "RANKING", ("51", "255"))),
    "plays": ("plays", lambda _, track, drawn: _set(track.find("INFO"), "PLAYCOUNT", ("999", "998"))),
    "date": ("dates", lambda _, track, drawn: _set(track.find("INFO"), "IMPORT_DATE", ("2001/1/1", "2001/1/2"))),
    "comment": ("comments", lambda _, track, drawn: _set(track.find("INFO"), "COMMENT", ("other", "others"))),
    "title": ("names", lambda _, track, drawn: _set(track, "TITLE", ("Nobody", "Somebody"))),
    "list shortened": ("lists", lambda root, _, drawn: _shorter(root, ".//PLAYLIST", "ENTRY", drawn)),
}


def plant(file: Path, drawn: random.Random) -> tuple[str, str, str | None]:
    """Change one thing in a written file; returns what, the kind, and the name of the track's file."""
    text = file.read_text("utf-8")
    is_traktor = file.suffix == ".nml"
    changes, of_tracks = (TRAKTOR, "COLLECTION/ENTRY") if is_traktor else (REKORDBOX, "COLLECTION/TRACK")
    while True:
        root = ET.fromstring(text)
        what = drawn.choice(sorted(changes))
        kind, change = changes[what]
        track = drawn.choice(root.findall(of_tracks))
        if change(root, track, drawn):
            break
    file.write_bytes(ET.tostring(root, "utf-8", xml_declaration=True))
    if kind == "lists":
        return what, kind, None
    name = track.find("LOCATION").get("FILE") if is_traktor else track.get("Location", "").rpartition("/")[2]  # type: ignore[union-attr]
    return what, kind, name

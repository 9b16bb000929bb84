"""Locations, keys, ratings and dates in Traktor's NML files.

There is no published description; the forms are those of collections that Traktor wrote (NML 19 and 20).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from map4.core.base.path_maps import Location
from map4.core.music.analysis.key import Key
from map4.core.music.palette import Colour
from map4.core.music.track.cues import CueKind
from map4.core.music.track.imported import MOST_RATING
from map4.formats.fields import ProgramFields
from map4.formats.values import local_day, whole_number

DEFAULT_VOLUME = "Macintosh HD"  # macOS's default name of the startup disk; paths do not contain it

STAR = 51  # one star in RANKING, whose maximum is 255

BUTTONS = 8  # number of hot cues of a track

CUE_TYPES: dict[CueKind, int] = {"cue": 0, "fade_in": 1, "fade_out": 2, "load": 3, "loop": 5}  # TYPE of CUE_V2
GRID_TYPE = 4
ENTRY_TEXTS: dict[str, str] = {"title": "TITLE", "artist": "ARTIST"}
INFO_TEXTS: dict[str, str] = {
    "genre": "GENRE", "label": "LABEL", "comment": "COMMENT", "remixer": "REMIXER", "composer": "PRODUCER", "mix": "MIX"
}  # fmt: skip
"""Text fields of `map4.core.music.track.imported`, by their names in ENTRY and INFO; a composer is a producer there."""
NO_NAME = "n.n."  # Traktor's name for an unnamed cue
GRID_NAME = "AutoGrid"  # Traktor's name for its own grid markers

_SEPARATOR = "/:"
_DRIVE = re.compile(r"[A-Za-z]:")
_SHARE = re.compile(r"(\\\\[^\\/]+[\\/][^\\/]+)[\\/](.*)", re.DOTALL)
_MOUNTED = re.compile(r"/Volumes/([^/]+)/(.*)", re.DOTALL)
# Folders on a Mac's startup disk.
_OF_THE_SYSTEM = frozenset({"Applications", "Library", "Shared", "System", "Users", "Volumes", "private"})
_MINOR = 12
_MOST_SECONDS = 86_400 * 2  # a set that continues after midnight
# Red, orange, yellow, green, blue, violet, magenta; the numbers are 1 to 7. The values are those of Mixxx's palette of
# the same name (src/util/color/predefinedcolorpalettes.cpp).
COLORS = ("#fa4b35", "#ff8402", "#fff700", "#00f329", "#0187ff", "#a669ff", "#fe55ea")
# Typical hues of these names, degrees / 360; pure blue is nearer to that violet than to that blue.
_HUES = (0.0, 33 / 360, 58 / 360, 120 / 360, 225 / 360, 272 / 360, 312 / 360)


@dataclass(frozen=True, slots=True, kw_only=True)
class NmlLocation:
    """The location of a file.

    volume: a drive (`C:`), a share (`\\\\server\\music`), or the name of a disk of a Mac; empty if unknown
    names: of the folders, the outermost first, and of the file
    """

    volume: str
    names: tuple[str, ...]

    @property
    def directory(self) -> str:
        """Return `/:Users/:ann/:Music/:`, the form of DIR."""
        return _SEPARATOR + "".join(_escaped(name) + _SEPARATOR for name in self.names[:-1])

    @property
    def file(self) -> str:
        """Return the form of FILE."""
        return _escaped(self.names[-1])

    @property
    def key(self) -> str:
        """Return the key of the track in playlists."""
        return f"{self.volume}{self.directory}{self.file}"

    def paths(self) -> tuple[str, ...]:
        """Return the possible paths, the likeliest first, as NML does not distinguish a Mac's startup disk."""
        if _DRIVE.fullmatch(self.volume):
            return ("/".join((self.volume, *self.names)),)
        if self.volume.startswith("\\\\"):
            return ("\\".join((self.volume, *self.names)),)
        inside = "/" + "/".join(self.names)
        if not self.volume or self.names[0] == "Volumes":
            return (inside,)
        mounted = f"/Volumes/{_plain(self.volume)}{inside}"
        is_own = self.volume == DEFAULT_VOLUME or self.names[0] in _OF_THE_SYSTEM
        return (inside, mounted) if is_own else (mounted, inside)


def nml_location(path: str, volume: str = DEFAULT_VOLUME) -> NmlLocation:
    """Return the location of an absolute path, of Windows or of any other system.

    path: without characters that XML can't contain
    volume: the disk of paths outside of /Volumes
    """
    share = _SHARE.match(path)
    if share:
        return NmlLocation(volume=share[1].replace("/", "\\"), names=_names(share[2].replace("\\", "/")))
    if Location.is_windows_path(path):
        return NmlLocation(volume=path[:2], names=_names(path[2:].replace("\\", "/")))
    mounted = _MOUNTED.match(path)
    if mounted:
        return NmlLocation(volume=_escaped(mounted[1]), names=_names(mounted[2]))
    return NmlLocation(volume=_escaped(volume), names=_names(path))


def location_of_key(key: str) -> NmlLocation:
    """Return the location for the key of a playlist's entry: VOLUME, DIR and FILE of a track, concatenated."""
    volume, separator, rest = key.partition(_SEPARATOR)
    if not separator:
        return NmlLocation(volume="", names=_names(key))
    return NmlLocation(volume=volume, names=_plain_names(rest) or ("",))


def location_of_parts(volume: str, directory: str, file: str) -> NmlLocation:
    """Return the location for VOLUME, DIR and FILE of a track."""
    return NmlLocation(volume=volume, names=(*_plain_names(directory), _plain(file)))


def _plain_names(text: str) -> tuple[str, ...]:
    return tuple(_plain(name) for name in text.split(_SEPARATOR) if name)


def _names(path: str) -> tuple[str, ...]:
    return tuple(name for name in path.split("/") if name) or ("",)


def _escaped(name: str) -> str:
    # The slash escapes: "/:" separates names, "//" is a slash, which is a colon in paths on a Mac.
    return name.replace(":", "//")


def _plain(name: str) -> str:
    return name.replace("//", ":")


def key_number(key: Key) -> int:
    """Return a key for MUSICAL_KEY: 0-11 major, 12-23 minor, both from C."""
    return key.tonic + (_MINOR if key.mode == "minor" else 0)


def key_of_number(number: int) -> Key | None:
    """Return the key of a number, or None if invalid."""
    if not 0 <= number < 2 * _MINOR:
        return None
    return Key(number % _MINOR, "minor" if number >= _MINOR else "major")


def ranking_of(stars: float) -> int:
    """Return stars for RANKING: 0-255."""
    return math.floor(min(stars, MOST_RATING) * STAR + 0.5)


def stars_of(ranking: int) -> float | None:
    """Return stars in steps of a half, which other programs' ratings need; None for 0, unrated."""
    if ranking <= 0:
        return None
    return min(max(math.floor(2 * ranking / STAR + 0.5) / 2, 0.5), MOST_RATING)


def nml_date(moment: str) -> str | None:
    """Convert a day, or the local day of a moment, to `2019/8/23`; None if it is invalid."""
    try:
        day = date.fromisoformat(local_day(moment) or "")
    except ValueError:
        return None
    return f"{day.year:04}/{day.month}/{day.day}"


def _moment_of_history(start: tuple[str | None, str | None]) -> str | None:
    """Return `2019-10-18T22:47:32` for STARTDATE 132319762, which is 2019 · 65536 + 10 · 256 + 18, and STARTTIME 82052,
    seconds since midnight; None if they are invalid."""
    day, seconds = (whole_number(text) for text in start)
    if day is None or seconds is None or seconds > _MOST_SECONDS:
        return None
    try:
        midnight = datetime.combine(date(day >> 16, day >> 8 & 0xFF, day & 0xFF), time())
        return (midnight + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return None


PLAY = ProgramFields("EXTENDEDDATA", (("played_at", ("STARTDATE", "STARTTIME"), _moment_of_history),))
"""When a track of a history was played."""


def color_number(color: str) -> int | None:
    """Return the number of Traktor's track colour nearest to "#rrggbb"; None for greys."""
    index = Colour.nearest_hue(color, _HUES)
    return None if index is None else 1 + index


def color_of_number(number: int) -> str | None:
    """Return the colour of a number, "#rrggbb"; None if invalid."""
    return COLORS[number - 1] if 1 <= number <= len(COLORS) else None

"""The programs to move to, and what of a library each program can hold, and what the files that map4 writes for it.

The rules are those of the formats, written a second time and apart from the writers: what a writer loses beyond them is
reported as a loss that the files can hold.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from map4.base.near_names import did_you_mean
from map4.base.path_maps import comparable_path
from map4.base.paths import display_path
from map4.errors import UsageError
from map4.extras.move.records import KINDS, Kind
from map4.formats import importers, nearest_of_seven, program_offset_s, suffix_of, without_illegal_xml
from map4.music.palette import EIGHT_COLORS, nearest_of_eight
from map4.music.plays import local_of, utc_of_local
from map4.music.track.cues import KIND_NAMES, CuePoint, kind_of_name
from map4.music.track.imported import ImportedValues

NAMES = (
    "title", "artist", "album", "album_artist", "genre", "label", "composer", "remixer", "mix", "grouping", "year",
    "track_number", "disc_number",
)  # fmt: skip
_OF_LISTS: frozenset[Kind] = frozenset({"tracks", "lists", "folders", "order"})
_OF_DATABASES: frozenset[Kind] = _OF_LISTS | {
    "names", "hot_cues", "memory_cues", "loops", "grids", "tempi", "keys", "ratings", "plays", "dates", "colors",
    "comments",
}  # fmt: skip
_CUES: frozenset[Kind] = frozenset({"hot_cues", "memory_cues"})
_SMART_LISTS: frozenset[Kind] = frozenset({"smart_lists"})
_HISTORIES: frozenset[Kind] = frozenset({"histories"})
_IN_TAGS: frozenset[Kind] = frozenset({"names", "tempi", "keys", "comments"})
_DAY = len("2026-01-31")
_VOLUME = re.compile(r"[A-Za-z]:(?=[\\/])|/Volumes/[^/]+(?=/)")


@dataclass(frozen=True, slots=True)
class Held:
    """A value as the files can hold it, and why it differs; None if they hold nothing.

    in_program: the program can hold the value as it is
    """

    value: Any
    reason: str = ""
    in_program: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A program to move to.

    formats: of the written files: of the tracks (None if it only has lists), and of a list
    importer: reads the result
    form: of the files, in a few words
    program_holds: the kinds that the program holds, at least in part
    files_hold: the kinds that the files hold, at least in part
    in_music: kinds that the program reads from the tags of the music, which map4 compares and does not write
    program_names, names: the texts and numbers of `NAMES` that the program holds, and that the files hold
    buttons: the number of hot cues; 0 for any
    reasons: why kinds are not held, as sentences
    next_step: what to do with the files
    """

    name: str
    title: str
    formats: tuple[str | None, str | None]
    importer: str
    form: str
    program_holds: frozenset[Kind]
    files_hold: frozenset[Kind]
    next_step: str
    program_names: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    buttons: int = 0
    in_music: frozenset[Kind] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def compares(self, kind: Kind) -> bool:
        """Return whether the values of a kind are compared."""
        return kind in self.files_hold or kind in self.in_music

    def lacks(self, kind: Kind) -> str:
        """Return why the files do not hold a kind."""
        if kind in self.reasons:
            return self.reasons[kind]
        if kind in self.program_holds:
            return f"{self.title} has {WORDS[kind]}, {self.form} has none"
        return f"map4 knows no {WORDS[kind]} of {self.title}"

    def misses(self, kind: Kind) -> str:
        """Return why the result lacks something that the program can hold."""
        if kind in self.in_music:
            return f"not found in the tags of the music, which {self.title} reads"
        return "it is not in the result"

    def place(self, path: str) -> str:
        """Return a path as the result is compared; paths in crates begin at the root of the volume."""
        if self.name == "serato":
            path = _VOLUME.sub("", path).replace("\\", "/")
        return comparable_path(path)

    # ---- values ------------------------------------------------------------------------------------

    def text(self, values: ImportedValues, name: str, path: str) -> Held:
        """Return a text or number of `NAMES`."""
        value = getattr(values, name)
        if value is None:
            # rekordbox shows the file's name for a track without a title.
            stem = os.path.splitext(os.path.basename(display_path(path.replace("\\", "/"))))[0]
            return Held(stem if (self.name, name) == ("rekordbox", "title") else None)
        if name not in self.program_names:
            return Held(None, f"map4 knows no field of {self.title} for it")
        if "names" in self.in_music:
            return Held(value)
        if name not in self.names:
            return Held(None, f"{self.title} has a field for it, {self.form} has none", in_program=True)
        if self.name == "virtualdj" and name == "title" and values.mix:
            bare = value.removesuffix(f" ({values.mix})")
            full = bare if values.mix.lower() in bare.lower() else f"{bare} ({values.mix})"
            return Held(full, "VirtualDJ joins title and mix")
        return self.plain(value) if isinstance(value, str) else Held(value)

    def plain(self, text: str) -> Held:
        """Return a text without characters that its files can't contain; rekordbox's own library is no XML."""
        clean = without_illegal_xml(text)[0] if self.formats[0] else text
        return Held(clean or None, "XML can't contain a character of it", in_program=self.name == "rekordbox")

    def rating(self, stars: float) -> Held:
        if self.name == "traktor":
            return Held(max(0.5, math.floor(2 * stars + 0.5) / 2), "Traktor has half stars")
        return Held(math.floor(stars + 0.5) or None, f"{self.title} has whole stars")

    def moment(self, moment: str) -> Held:
        if self.name == "virtualdj":
            return Held(utc_of_local(moment), "VirtualDJ adds a time")
        return Held((local_of(moment) or moment)[:_DAY], f"{self.title} keeps the day only")

    def color(self, color: str) -> Held:
        if self.importer.startswith("rekordbox"):
            name = nearest_of_eight(color)
            return Held(name and EIGHT_COLORS[name], "rekordbox has eight colours, and no grey")
        if self.name == "traktor":
            return Held(nearest_of_seven(color), "Traktor has seven colours, and no grey")
        return Held(color)

    # ---- cue points --------------------------------------------------------------------------------

    def cues(self, values: ImportedValues, path: str) -> Iterator[tuple[CuePoint, Held]]:
        """Yield each cue point with what it becomes."""
        if self.name == "serato":
            yield from _on_buttons(values.cues)
            return
        for cue in values.cues:
            yield cue, self._cue(cue, values, self.offset_s(path))

    def offset_s(self, path: str) -> float:
        """Return what its program adds to map4's times in a file."""
        program = importers()[self.importer].program
        return 0.0 if program is None else program_offset_s(program, suffix_of(path))

    def _cue(self, cue: CuePoint, values: ImportedValues, offset_s: float) -> Held:
        becomes, reasons, in_program = cue, list[str](), False
        if cue.number is not None and self.buttons and cue.number >= self.buttons:
            becomes = replace(becomes, number=None)
            reasons.append(f"{self.title} has {self.buttons} hot cues")
        if self.name in ("rekordbox", "virtualdj"):
            by_name = kind_of_name(cue.name) if cue.kind == "cue" else None
            if by_name is not None:
                becomes = replace(becomes, kind=by_name, name=None)
                reasons.append(f"a cue point of this name is a {KIND_NAMES[by_name].lower()} point there")
            elif cue.kind in KIND_NAMES and cue.name and not (self.name == "virtualdj" and cue.kind == "load"):
                becomes = replace(becomes, kind="cue")
                reasons.append(f"{self.title} has no {KIND_NAMES[cue.kind].lower()} points with a name")
        if self.importer.startswith("rekordbox") and cue.position_s + offset_s < 0:
            becomes = replace(becomes, position_s=-offset_s)
            reasons.append("rekordbox's time begins later")
        if self.name == "virtualdj" and cue.kind == "loop" and values.bpm is None and not values.grid:
            becomes = replace(becomes, kind="cue", length_s=None)
            reasons.append("VirtualDJ counts loops in beats, and the tempo is unknown")
        if self.name == "virtualdj" and becomes.number is None and becomes.kind != "loop":
            becomes = replace(becomes, number=ANY_NUMBER)
            reasons.append("VirtualDJ numbers every cue point, from 9 on")
        if self.name == "traktor" and becomes.name == "n.n.":
            becomes = replace(becomes, name=None)
            reasons.append("'n.n.' is Traktor's word for no name")
        name = cue.name and becomes.name and self.plain(becomes.name).value
        if becomes.name != name:
            becomes = replace(becomes, name=name)
            reasons.append("XML can't contain a character of its name")
            in_program = self.name == "rekordbox"
        if self.name == "stick" and cue.kind in KIND_NAMES:
            becomes = replace(becomes, kind="cue", name=cue.name or KIND_NAMES[cue.kind])
            reasons.append(f"a stick has no {KIND_NAMES[cue.kind].lower()} points: it is a cue point with this name")
        if self.name == "stick" and cue.color:
            becomes = replace(becomes, color=None)
            reasons.append("a stick has eight colours, and no grey")
        return Held(becomes, "; ".join(reasons), in_program=in_program)


ANY_NUMBER = 1 << 40
"""The number of a cue point that gets one from the target."""
_SERATO_BUTTONS = 8


def _on_buttons(cues: Sequence[CuePoint]) -> Iterator[tuple[CuePoint, Held]]:
    """Yield cue points on Serato's eight buttons: hot cues keep theirs, others get free ones as far as there are."""
    points = [cue for cue in cues if cue.kind != "loop"]
    taken = dict[int, CuePoint]()
    for cue in points:
        if cue.number is not None and cue.number < _SERATO_BUTTONS:
            taken.setdefault(cue.number, cue)
    free = iter([number for number in range(_SERATO_BUTTONS) if number not in taken])
    for cue in cues:
        if cue.kind == "loop":
            yield cue, Held(cue)
        elif cue.number is not None and taken.get(cue.number) is cue:
            yield cue, _on_button(cue, cue.number, "")
        elif (number := next(free, None)) is not None:
            what = "has no memory cues" if cue.number is None else f"has {_SERATO_BUTTONS} hot cues"
            yield cue, _on_button(cue, number, f"Serato {what}: it is on the free button {number + 1}")
        else:
            yield cue, Held(None, f"Serato holds {_SERATO_BUTTONS} of {len(points)} cue points")


def _on_button(cue: CuePoint, number: int, reason: str) -> Held:
    named = cue.name or KIND_NAMES.get(cue.kind)
    reasons = [reason] if reason else []
    if cue.kind != "cue":
        reasons.append(f"Serato has no {KIND_NAMES[cue.kind].lower()} points: it is a cue point with this name")
    position_s = max(cue.position_s, 0.0)
    return Held(replace(cue, kind="cue", number=number, name=named, position_s=position_s), "; ".join(reasons))


WORDS: Mapping[Kind, str] = {
    **{kind: kind.replace("_", " ") for kind in KINDS},
    "names": "names", "tempi": "tempi", "colors": "colours of tracks", "order": "order of lists",
    "marks": "marks", "vocals": "vocal parts",
}  # fmt: skip

_OF_M3U = {"smart_lists": "an M3U8 list has tracks, not rules"}
_XML_NAMES = frozenset(NAMES) - {"album_artist"}
_TRAKTOR_NAMES = _XML_NAMES - {"grouping", "disc_number"}
_VIRTUALDJ_NAMES = _XML_NAMES - {"disc_number"}

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="rekordbox", title="rekordbox", formats=("rekordbox", None), importer="rekordbox",
            form="its XML", files_hold=_OF_DATABASES,
            program_holds=_OF_DATABASES | _SMART_LISTS | _HISTORIES | {"marks", "phrases", "vocals"},
            program_names=frozenset(NAMES), names=_XML_NAMES, buttons=16,
            reasons={"marks": "rekordbox's XML has My Tags only within comments"},
            next_step="choose the file in rekordbox's preferences (Advanced > Database > rekordbox xml), then import "
            "its playlists",
        ),
        Target(
            name="traktor", title="Traktor", formats=("traktor", None), importer="traktor",
            form="an NML", files_hold=_OF_DATABASES, program_holds=_OF_DATABASES | _SMART_LISTS | _HISTORIES,
            program_names=_TRAKTOR_NAMES, names=_TRAKTOR_NAMES, buttons=8,
            next_step="in Traktor, right-click Track Collection > Import Another Collection, then Playlists > Import "
            "Playlist, and choose the file",
        ),
        Target(
            name="serato", title="Serato", formats=(None, "serato"), importer="serato",
            form="a crate", files_hold=_OF_LISTS | _CUES,
            program_holds=_OF_DATABASES - {"ratings"} | _SMART_LISTS | _HISTORIES,
            in_music=_IN_TAGS | {"loops", "grids", "colors"},
            program_names=frozenset(NAMES) - {"mix", "album_artist"}, buttons=8,
            next_step="close Serato, and copy the crates to _Serato_/Subcrates in your music folder or on the drive",
        ),
        Target(
            name="virtualdj", title="VirtualDJ", formats=("virtualdj-database", "virtualdj"), importer="virtualdj",
            form="database.xml", files_hold=_OF_DATABASES,
            program_holds=_OF_DATABASES | _SMART_LISTS | _HISTORIES,
            program_names=_VIRTUALDJ_NAMES, names=_VIRTUALDJ_NAMES,
            next_step="open VirtualDJ with the drive; lists go to MyLists in VirtualDJ's own folder",
        ),
        Target(
            name="navidrome", title="Navidrome", formats=(None, "m3u8"), importer="lists", form="an M3U8 list",
            files_hold=_OF_LISTS | _SMART_LISTS, in_music=_IN_TAGS,
            program_holds=_OF_LISTS | _SMART_LISTS | _IN_TAGS | {"ratings", "plays", "dates"},
            program_names=frozenset(NAMES) - {"mix"}, next_step="copy the folder into Navidrome's music folder",
        ),
        Target(
            name="mixxx", title="Mixxx", formats=(None, "m3u8"), importer="lists", form="an M3U8 list",
            files_hold=_OF_LISTS, program_holds=_OF_DATABASES | _HISTORIES, in_music=_IN_TAGS,
            reasons=_OF_M3U | {"memory_cues": "Mixxx has a main cue, an intro and an outro, an M3U8 list has none"},
            program_names=frozenset(NAMES) - {"label", "remixer", "mix", "disc_number"},
            next_step="in Mixxx, right-click Playlists > Import Playlist, and choose the lists",
        ),
        Target(
            name="folder", title="M3U8", formats=(None, "m3u8"), importer="lists", form="an M3U8 list",
            files_hold=_OF_LISTS, program_holds=_OF_LISTS,
            reasons=_OF_M3U | {"names": "players read names from the tags of the music"},
            next_step="open the lists in your player",
        ),
    )
}  # fmt: skip

STICK = Target(
    name="stick", title="a stick", formats=(None, None), importer="rekordbox-usb", form="a stick",
    files_hold=_OF_DATABASES | {"phrases"}, program_holds=_OF_DATABASES | {"phrases"}, buttons=8,
    program_names=_XML_NAMES - {"grouping"}, names=_XML_NAMES - {"grouping"},
    reasons={"phrases": "they are not in the result"},
    next_step="'map4 stick LIST --to DIR' writes to the stick what is missing",
)  # fmt: skip
"""What `map4 stick` wrote to a stick, which a move only compares."""

_REFUSED = {
    "engine": "map4 writes no library of Engine DJ; move to rekordbox, and import that file in Engine DJ",
    "apple": "map4 writes no library of Apple Music; move to folder, and import the lists there (File > Library > "
    "Import Playlist)",
    "stick": "a stick has music, too: import FROM, write it with 'map4 stick LIST --to DIR', then name DIR here",
}  # fmt: skip


def target_of(name: str) -> Target:
    """Return the target of a name, or of the folder of a stick.

    raises UsageError: with the way around, if map4 can't write for the program
    """
    target = STICK if name not in TARGETS and os.path.isdir(name) else TARGETS.get(name)
    if target is None:
        raise UsageError(_REFUSED.get(name) or f"there is no target '{name}'; {did_you_mean(name, TARGETS)}")
    return target

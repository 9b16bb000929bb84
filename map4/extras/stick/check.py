"""Checks of any stick, also one that rekordbox wrote."""

from __future__ import annotations

import os
import struct
from collections import Counter
from contextlib import suppress
from importlib.util import find_spec
from itertools import pairwise

from map4.core.base.paths import display_path
from map4.extras.stick.anlz import analysis_path
from map4.extras.stick.changing import NEW, READY
from map4.extras.stick.new_stick import SETTING_FILES
from map4.extras.stick.place import OWN, OwnStickList, StickError, StickPlace
from map4.extras.stick.players import TRACKS_A_LIST
from map4.extras.stick.reading import DATABASES, FOR_MAC, HIDDEN, LIBRARY, PLUS, read_pdb, read_plus
from map4.extras.stick.records import Severity, StickCheck, StickContents, StickFinding, StickTrack
from map4.formats import ImportReadError, TrackAnalysis

_SUFFIXES = {
    ".DAT": ("PPTH", "PQTZ", "PWAV", "PCOB"),
    ".EXT": ("PPTH", "PWV3", "PCO2", "PWV5"),
    ".2EX": ("PWV6", "PWV7"),
}
"""Files of an analysis, and the tags that players need."""


_CUT_OFF_AT_FIRST = "the first write was cut off, or is running; the same 'map4 stick' command completes it"


def check_stick(folder: str) -> StickCheck:
    """Read everything on a stick and report faults and notes."""
    if os.path.exists(folder + HIDDEN):
        finding = StickFinding(severity="fault", path=HIDDEN, text=FOR_MAC)
        return StickCheck(stick=display_path(folder), findings=(finding,))
    if _is_unwritten(folder):
        finding = StickFinding(severity="note", path=OWN, text=_CUT_OFF_AT_FIRST)
        return StickCheck(stick=display_path(folder), findings=(finding,))
    checker, contents = _Checker(folder), StickContents()
    if os.path.exists(folder + LIBRARY):
        contents = checker.check_library()
    else:
        checker.add("fault", LIBRARY, "it is missing: players before 2023 show no tracks")
    checker.check_plus(contents)
    if os.path.exists(folder + READY):
        checker.add("note", OWN, "a write was cut off, or is running; the next 'map4 stick' to this stick completes it")
    elif os.path.exists(folder + NEW):
        checker.add("note", OWN, "a write was cut off, or is running; for players, the stick is as before it")
    for name in SETTING_FILES:
        if not os.path.exists(f"{folder}/PIONEER/{name}"):
            checker.add("fault", f"/PIONEER/{name}", "it is missing: some players then refuse the stick")
    return StickCheck(
        stick=display_path(folder), tracks=len(contents.tracks),
        lists=sum(not listed.is_folder for listed in contents.lists), analyses=checker.analyses,
        findings=tuple(checker.findings),
    )  # fmt: skip


def _is_unwritten(folder: str) -> bool:
    """True for a new stick whose first write was cut off before it changed what players read."""
    if not os.path.isdir(folder + OWN) or any(os.path.exists(folder + name) for name in DATABASES):
        return False
    with suppress(StickError):  # a damaged list
        own = OwnStickList.read(StickPlace(root=folder))
        return own is None or LIBRARY not in own.files
    return False


class _Checker:
    """Checks one stick."""

    def __init__(self, folder: str) -> None:
        self._folder, self.findings, self.analyses = folder, list[StickFinding](), 0

    def add(self, severity: Severity, path: str, text: str) -> None:
        self.findings.append(StickFinding(severity=severity, path=path, text=text))

    def check_library(self) -> StickContents:
        """Check export.pdb and the files of its tracks; returns its contents."""
        contents, faults, misaligned = read_pdb(self._folder)
        for fault in faults:
            self.add("fault", LIBRARY, fault)
        for path, count in misaligned.items():
            if count:
                self.add("fault", path, f"{count} UTF-16 texts at odd places freeze some players")
        for number, count in Counter(track.number for track in contents.tracks).items():
            if count > 1:
                self.add("fault", LIBRARY, f"{count} tracks have the number {number}")
        for track in contents.tracks:
            self._check_track(track)
        numbers = {track.number for track in contents.tracks}
        folders = {0, *(listed.number for listed in contents.lists if listed.is_folder)}
        for listed in contents.lists:
            if missing := sum(track not in numbers for track in listed.tracks):
                self.add("fault", LIBRARY, f"list {listed.name}: {missing} of its tracks are missing")
            if listed.parent not in folders:
                self.add("fault", LIBRARY, f"list {listed.name}: its folder is missing")
            if len(listed.tracks) > TRACKS_A_LIST:
                self.add("note", LIBRARY, f"list {listed.name}: some players show the first {TRACKS_A_LIST} tracks")
        return contents

    # ---- tracks ------------------------------------------------------------------------------------

    def _check_track(self, track: StickTrack) -> None:
        try:
            size = os.path.getsize(self._folder + track.path)
        except OSError:
            self.add("fault", track.path, "the file is missing")
        else:
            if size != track.size_bytes & 0xFFFFFFFF:
                self.add("note", track.path, f"it has {size:,} bytes, and {track.size_bytes:,} in the library")
        if track.artwork and not os.path.exists(self._folder + track.artwork):
            self.add("note", track.path, f"its picture {track.artwork} is missing")
        if not track.analysis_path:
            self.add("note", track.path, "it was not analysed")
            return
        if os.path.dirname(track.analysis_path) != os.path.dirname(analysis_path(track.path)):
            self.add("note", track.analysis_path, "it is not in the folder that players derive from the track's path")
        for suffix, needed in _SUFFIXES.items():
            path = track.analysis_path[:-4] + suffix
            try:
                tags = {name.decode("ascii", "replace"): tag for name, tag in TrackAnalysis.tags(self._folder, path)}
                self.analyses += 1
                self._check_tags(path, track, needed, tags)
            except FileNotFoundError:
                severity: Severity = "fault" if suffix == ".DAT" else "note"
                self.add(severity, path, f"it is missing: no {'beats' if suffix == '.DAT' else 'waveform'} on players")
            except (ValueError, struct.error) as error:
                self.add("fault", path, f"it is unreadable: {error}")

    def _check_tags(self, path: str, track: StickTrack, needed: tuple[str, ...], tags: dict[str, bytes]) -> None:
        if missing := [name for name in needed if name not in tags]:
            self.add("note", path, f"it has no {', '.join(missing)}")
        place = tags.get("PPTH", b"")[16:].decode("utf-16-be", "replace").rstrip("\0")
        if place and place != track.path:
            self.add("fault", path, f"it is of another track, {place}")
        if "PQTZ" in tags:
            beats = list(struct.iter_unpack(">2HI", tags["PQTZ"][24:]))
            if struct.unpack_from(">2I", tags["PQTZ"], 16) != (0x80000, len(beats)):
                self.add("fault", path, "the head of its beat grid is wrong: XDJ-AZ wants the track analysed again")
            if any(later[2] <= earlier[2] or not 1 <= later[0] <= 4 for earlier, later in pairwise(beats)):
                self.add("fault", path, "its beats do not follow each other")
        if "PSSI" in tags:
            version, _, count, mood = struct.unpack_from(">4H", tags["PSSI"], 12)
            moods = (mood, int.from_bytes(TrackAnalysis.masked(tags["PSSI"][18:20], version, count)))
            if not {*moods} & {1, 2, 3} or len(tags["PSSI"]) != 32 + 24 * count:
                self.add("fault", path, "its phrases are damaged")

    # ---- Device Library Plus -----------------------------------------------------------------------

    def check_plus(self, contents: StickContents) -> None:
        if not os.path.exists(self._folder + PLUS):
            self.add("note", PLUS, "it is missing: players since 2023 (CDJ-3000X, OPUS-QUAD, XDJ-AZ) show no tracks")
            return
        try:
            tracks, lists = read_plus(self._folder)
        except ImportReadError as error:
            self.add("note" if find_spec("pyrekordbox") is None else "fault", PLUS, f"it was not checked: {error}")
            return
        paths = {track.number: track.path for track in contents.tracks}
        severity: Severity = "note" if os.path.exists(self._folder + READY + PLUS) else "fault"  # its new one waits
        listed = [[paths.get(track, "") for track in one.tracks] for one in contents.lists if one.tracks]
        if paths and tracks != paths:
            self.add(severity, PLUS, "its tracks are others than those of export.pdb")
        elif paths and sorted(lists) != sorted(listed):
            self.add(severity, PLUS, "its lists are others than those of export.pdb")

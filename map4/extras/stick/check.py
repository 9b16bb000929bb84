"""Checks of any stick, also one that rekordbox wrote."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from map4.base.paths import display_path
from map4.base.regular_files import read_regular
from map4.extras.stick.anlz import analysis_path
from map4.extras.stick.phrases import masked
from map4.extras.stick.reading import LIBRARY, PLUS, PdbReading, read_pdb
from map4.extras.stick.records import Severity, StickCheck, StickContents, StickFinding, StickTrack
from map4.extras.stick.setting_files import setting_files
from map4.formats import ImportReadError, is_encrypted, opened_device_plus

_SUFFIXES = {
    ".DAT": ("PPTH", "PQTZ", "PWAV", "PCOB"),
    ".EXT": ("PPTH", "PWV3", "PCO2", "PWV5"),
    ".2EX": ("PWV6", "PWV7"),
}
"""Files of an analysis, and the tags that players need."""
_MOST_ANALYSIS_BYTES = 64_000_000
_TAG = struct.Struct(">4s2I")
_MOST_TRACKS_OF_LIST = 999
_FAULT: Severity = "fault"
_NOTE: Severity = "note"


def check_stick(folder: str) -> StickCheck:
    """Read everything on a stick and report faults and notes."""
    return _Checker(folder).check()


class _Checker:
    """Checks one stick."""

    def __init__(self, folder: str) -> None:
        self._folder, self._findings, self._analyses = folder, list[StickFinding](), 0

    def check(self) -> StickCheck:
        contents = StickContents()
        if os.path.exists(self._folder + LIBRARY):
            reading = read_pdb(self._folder)
            contents = reading.contents
            self._check_library(reading)
        else:
            self._add(_FAULT, LIBRARY, "it is missing: players before 2023 show no tracks")
        self._check_plus(contents)
        for name in setting_files():
            if not os.path.exists(f"{self._folder}/PIONEER/{name}"):
                self._add(_FAULT, f"/PIONEER/{name}", "it is missing: some players then refuse the stick")
        return StickCheck(
            stick=display_path(self._folder), tracks=len(contents.tracks),
            lists=sum(not listed.is_folder for listed in contents.lists), analyses=self._analyses,
            findings=tuple(self._findings),
        )  # fmt: skip

    def _add(self, severity: Severity, path: str, text: str) -> None:
        self._findings.append(StickFinding(severity=severity, path=path, text=text))

    def _check_library(self, reading: PdbReading) -> None:
        contents = reading.contents
        for fault in reading.faults:
            self._add(_FAULT, LIBRARY, fault)
        for path, count in reading.misaligned.items():
            if count:
                where = LIBRARY if path == "names" else path
                self._add(_FAULT, where, f"{count} UTF-16 texts at odd places freeze some players")
        for number, count in Counter(track.number for track in contents.tracks).items():
            if count > 1:
                self._add(_FAULT, LIBRARY, f"{count} tracks have the number {number}")
        for track in contents.tracks:
            self._check_track(track)
        numbers = {track.number for track in contents.tracks}
        folders = {0, *(listed.number for listed in contents.lists if listed.is_folder)}
        for listed in contents.lists:
            if missing := sum(track not in numbers for track in listed.tracks):
                self._add(_FAULT, LIBRARY, f"list {listed.name}: {missing} of its tracks are missing")
            if listed.parent not in folders:
                self._add(_FAULT, LIBRARY, f"list {listed.name}: its folder is missing")
            if len(listed.tracks) > _MOST_TRACKS_OF_LIST:
                self._add(
                    _NOTE, LIBRARY, f"list {listed.name}: some players show the first {_MOST_TRACKS_OF_LIST} tracks"
                )

    # ---- tracks ------------------------------------------------------------------------------------

    def _check_track(self, track: StickTrack) -> None:
        try:
            size = os.path.getsize(self._folder + track.path)
        except OSError:
            self._add(_FAULT, track.path, "the file is missing")
        else:
            if size != track.size_bytes & 0xFFFFFFFF:
                self._add(_NOTE, track.path, f"it has {size:,} bytes, and {track.size_bytes:,} in the library")
        if track.artwork and not os.path.exists(self._folder + track.artwork):
            self._add(_NOTE, track.path, f"its picture {track.artwork} is missing")
        if not track.analysis_path:
            self._add(_NOTE, track.path, "it was not analysed")
            return
        if os.path.dirname(track.analysis_path) != os.path.dirname(analysis_path(track.path)):
            self._add(_NOTE, track.analysis_path, "it is not in the folder that players derive from the track's path")
        for suffix, needed in _SUFFIXES.items():
            path = track.analysis_path[:-4] + suffix
            try:
                tags = dict(_tags(read_regular(self._folder + path, most_bytes=_MOST_ANALYSIS_BYTES)))
                self._analyses += 1
                self._check_tags(path, track, needed, tags)
            except FileNotFoundError:
                severity = _FAULT if suffix == ".DAT" else _NOTE
                self._add(severity, path, f"it is missing: no {'beats' if suffix == '.DAT' else 'waveform'} on players")
            except (OSError, ValueError, struct.error) as error:
                self._add(_FAULT, path, f"it can't be read: {error}")

    def _check_tags(self, path: str, track: StickTrack, needed: tuple[str, ...], tags: dict[str, bytes]) -> None:
        missing = [name for name in needed if name not in tags]
        if missing:
            self._add(_NOTE, path, f"it has no {', '.join(missing)}")
        place = tags.get("PPTH", b"")[16:].decode("utf-16-be", "replace").rstrip("\0")
        if place and place != track.path:
            self._add(_FAULT, path, f"it is of another track, {place}")
        if "PQTZ" in tags:
            beats = list(struct.iter_unpack(">2HI", tags["PQTZ"][24:]))
            if struct.unpack_from(">2I", tags["PQTZ"], 16) != (0x80000, len(beats)):
                self._add(_FAULT, path, "the head of its beat grid is wrong: XDJ-AZ asks to analyse the track again")
            if any(later[2] <= earlier[2] or not 1 <= later[0] <= 4 for earlier, later in pairwise(beats)):
                self._add(_FAULT, path, "its beats do not follow each other")
        if "PSSI" in tags:
            content = tags["PSSI"][12:]
            (count, mood) = struct.unpack_from(">2H", content, 4)
            if mood not in (1, 2, 3):
                (mood,) = struct.unpack_from(">H", masked(content, count), 6)
            if mood not in (1, 2, 3) or len(content) != 20 + 24 * count:
                self._add(_FAULT, path, "its phrases can't be read")

    # ---- Device Library Plus -----------------------------------------------------------------------

    def _check_plus(self, contents: StickContents) -> None:
        path = self._folder + PLUS
        if not os.path.exists(path):
            self._add(_NOTE, PLUS, "it is missing: players since 2023 (CDJ-3000X, OPUS-QUAD, XDJ-AZ) show no tracks")
            return
        try:
            with opened_device_plus(path, is_locked=is_encrypted(path)) as connection:
                tracks = set(connection.execute("SELECT content_id, path, analysisDataFilePath FROM content"))
                entries = connection.execute(
                    "SELECT playlist_id, content_id FROM playlist_content ORDER BY playlist_id, sequenceNo"
                ).fetchall()
        except ImportReadError as error:
            self._add(_NOTE, PLUS, f"it was not checked: {error}")
            return
        except Exception as error:  # that of sqlcipher3, which is not a dependency
            self._add(_FAULT, PLUS, f"it can't be read: {error}")
            return
        if contents.tracks and tracks != {(track.number, track.path, track.analysis_path) for track in contents.tracks}:
            self._add(_FAULT, PLUS, "its tracks are others than those of export.pdb")
        listed = sorted((one.number, track) for one in contents.lists for track in one.tracks)
        if contents.tracks and sorted(entries) != listed:
            self._add(_FAULT, PLUS, "its lists are others than those of export.pdb")


def _tags(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each tag.

    raises ValueError: if lengths do not agree
    """
    name, at, size = _TAG.unpack_from(data)
    if name != b"PMAI" or size != len(data):
        raise ValueError("it is cut off, or no analysis of rekordbox")
    while at < size:
        name, head, length = _TAG.unpack_from(data, at)
        if length < head or head < _TAG.size or at + length > size:
            raise ValueError("its tags have impossible lengths")
        yield name.decode("ascii", "replace"), data[at : at + length]
        at += length

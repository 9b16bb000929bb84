"""Carry out a planned write: music, analysis files, artwork, then both databases.

Device Library Plus: `PIONEER/rekordbox/exportLibrary.db`, which players since 2023 read.

SQLCipher, unlocked by pyrekordbox. Tables and columns are those of its `OneLibrary` (`new_library.sql`). Cue points are
in the analysis files, as on rekordbox's own sticks.
"""

from __future__ import annotations

import os
import shutil
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from map4.core.audio.decoder import Decoder
from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.base.paths import display_path
from map4.core.dsp.inside.strip import make_strip
from map4.errors import FileError
from map4.exports import DeckCopies
from map4.extras.stick.anlz import analysis_files
from map4.extras.stick.changing import BEFORE, StickChange, StickDisk, blocks_of, locked
from map4.extras.stick.content import own_track
from map4.extras.stick.names import StickNames, shown
from map4.extras.stick.new_stick import LIBRARY_MENUS, LIBRARY_SCHEMA, MENU_ROWS, SETTING_FILES
from map4.extras.stick.own_list import OwnFile, OwnStickList, OwnTrack
from map4.extras.stick.place import ARTWORK, StickError
from map4.extras.stick.plan import StickPlan, TrackWork
from map4.extras.stick.reading import DATABASES, LIBRARY, PLUS, has_writer_of_plus
from map4.extras.stick.records import SAME_VALUES, StickContents, StickTrack, StickWrite
from map4.formats import TRACK_ROW, DeviceFile, ImportReadError, PdbTable, opened_rekordbox

_MASTER_DB = 0x6D617034
"""The number of the library that tracks come from: rekordbox would use its analyses for its tracks."""
_USUAL_ROW = {
    "flags": 0x24, "place": 0, "mask": 0x000C0700, "original_artist": 0, "analysed": 41, "offsets": 3,
    "master_db": _MASTER_DB,
}  # fmt: skip
_TYPES = {".mp3": 1, ".mp4": 3, ".m4a": 4, ".aac": 4, ".flac": 5, ".wav": 11, ".aif": 12, ".aiff": 12}
_ALAC = 6
_MOST_KBITS_OF_AAC = 529
_MOST_BPM_X100 = 0xFFFF


def export_pdb(contents: StickContents) -> bytes:
    """The whole file."""
    names = StickNames(contents)
    rows = dict[int, Sequence[bytes | tuple[bytes, str] | tuple[int, str, int]]](contents.rows)
    rows[PdbTable.TRACKS] = [track.row or TRACK_ROW.pack(track_values(track, names)) for track in contents.tracks]
    nodes, entries, orders = list[tuple[bytes, str]](), list[bytes](), Counter[int]()
    for listed in contents.lists:
        node = struct.pack("<5I", listed.parent, 0, orders[listed.parent], listed.number, listed.is_folder)
        orders[listed.parent] += 1
        nodes.append((node, listed.name))
        entries += [struct.pack("<3I", place, track, listed.number) for place, track in enumerate(listed.tracks, 1)]
    rows |= {PdbTable.TREE: nodes, PdbTable.ENTRIES: entries}
    rows |= {kind: menu for kind, menu in MENU_ROWS.items() if not rows.get(kind)}
    rows |= {kind: [*rows.get(kind, ()), *names.new(kind)] for kind in names.tables}
    return DeviceFile.pack(rows, contents.date)


def track_values(track: StickTrack, names: StickNames) -> dict[str, Any]:
    """The values of a track in both databases, by the names of export.pdb."""
    kind = _TYPES.get(os.path.splitext(track.path)[1].lower(), 0)
    return {
        **_USUAL_ROW, **{name: getattr(track, name) for name in SAME_VALUES}, **names.of(track),
        "title": shown(track.title), "mix": shown(track.mix), "comment": shown(track.comment), "isrc": track.isrc or "",
        "file_name": os.path.basename(track.path), "analysis_date": track.date_added,
        "bpm_x100": min(round(100 * (track.bpm or 0.0)), _MOST_BPM_X100), "seconds": round(track.duration_s),
        "file_type": _ALAC if kind == _TYPES[".m4a"] and track.kbps > _MOST_KBITS_OF_AAC else kind,
        # The number of a track in the library that it comes from.
        "master_id": zlib.crc32(track.path.encode("utf-8", "replace")) & 0x0FFFFFFF or 1,
    }  # fmt: skip


_USUAL = {
    "artist_id_originalArtist": 0, "artist_id_lyricist": 0, "releaseDate": "", "isHotCueAutoLoadOn": 1,
    "isKuvoDeliverStatusOn": 0, "kuvoDeliveryComment": "", "hasModified": 0, "cueUpdateCount": 1,
    "analysisDataUpdateCount": 1, "informationUpdateCount": 1,
}  # fmt: skip
_PUT_LIST = (
    "INSERT OR REPLACE INTO playlist(playlist_id, sequenceNo, name, attribute, playlist_id_parent, image_id) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ifnull((SELECT image_id FROM playlist WHERE playlist_id = ?1), 0))"
)
_PUT_ENTRY = "INSERT INTO playlist_content(playlist_id, content_id, sequenceNo) VALUES (?, ?, ?)"


def write_device_library(contents: StickContents, path: str) -> None:
    """Write the database to a new file, or into a copy of an existing one, whose other tables stay."""
    is_new = not os.path.exists(path)
    Path(path).touch()
    with opened_rekordbox(path, is_stick=True) as connection:
        try:
            if is_new:
                connection.executescript(LIBRARY_SCHEMA)
                for table, rows in LIBRARY_MENUS.items():
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
                connection.execute("INSERT INTO property VALUES ('', '1000', 0, ?, 0, 0)", [contents.date])
            _write_tracks(connection, contents)
            _write_lists(connection, contents)
            connection.commit()
        except connection.Error as error:
            raise ImportReadError(f"the tables of its exportLibrary.db are unknown: {error}") from None


def _insert(connection: Any, table: str, values: Mapping[str, object]) -> None:
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO {table}({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _write_tracks(connection: Any, contents: StickContents) -> None:
    known = dict(connection.execute("SELECT content_id, ifnull(djPlayCount, 0) FROM content"))
    numbers = {track.number for track in contents.tracks}
    connection.executemany("DELETE FROM content WHERE content_id = ?", [(number,) for number in known.keys() - numbers])
    names = StickNames(contents)
    ids: dict[int, dict[int, int]] = {PdbTable.ARTISTS: {}}
    for kind, table in TRACK_ROW.tables.items():
        ids[kind] = _ids(connection, table, names.tables[kind], ids[PdbTable.ARTISTS])
    for track in contents.tracks:
        if track.row is None or track.number not in known:
            values = track_values(track, names)
            values |= {name: ids[kind].get(values[name], 0) for name, kind in TRACK_ROW.names.items()}
            values["plays"] = max(track.plays, known.get(track.number, 0))
            row = {column: values[name] for name, column in TRACK_ROW.columns.items()}
            _insert(connection, "content", {**row, "dateCreated": track.date_added, **_USUAL})
    connection.execute("UPDATE property SET numberOfContents = ?", [len(contents.tracks)])


def _ids(
    connection: Any, table: str, names: Mapping[tuple[str, int], int], artists: Mapping[int, int]
) -> dict[int, int]:
    """Numbers of names by their number in export.pdb, which new names get if it is free.

    artists: numbers of artists in the same way, for albums
    """
    column, artist = "path" if table == "image" else "name", "ifnull(artist_id, 0)" if table == "album" else "0"
    rows = connection.execute(f"SELECT {table}_id, {column}, {artist} FROM {table}").fetchall()
    found = {row[1:]: row[0] for row in reversed(rows)}
    taken, ids = {row[0] for row in rows}, dict[int, int]()
    for (name, its_artist), number in names.items():
        key = (name, artists.get(its_artist, 0))
        if key not in found:
            found[key] = number if number not in taken else max(taken) + 1
            taken.add(found[key])
            more = {"artist_id": key[1], "isComplation": 0} if table == "album" else {}
            _insert(connection, table, {f"{table}_id": found[key], column: name, **more})
        ids[number] = found[key]
    return ids


def _write_lists(connection: Any, contents: StickContents) -> None:
    remaining = {listed.number for listed in contents.lists}
    there = connection.execute("SELECT playlist_id FROM playlist WHERE ifnull(attribute, 0) IN (0, 1)").fetchall()
    gone = [row for row in there if row[0] not in remaining]
    connection.executemany("DELETE FROM playlist WHERE playlist_id = ?", gone)
    connection.executemany("DELETE FROM playlist_content WHERE playlist_id = ?", there)
    orders = Counter[int]()
    for listed in contents.lists:
        values = (listed.number, orders[listed.parent], listed.name, int(listed.is_folder), listed.parent)
        orders[listed.parent] += 1
        connection.execute(_PUT_LIST, values)
        entries = [(listed.number, track, place) for place, track in enumerate(listed.tracks, 1)]
        connection.executemany(_PUT_ENTRY, entries)


OnStickTrack = Callable[[int, int, str], object]
"""Called with the number of written tracks, the total, and the path of the track."""
_ARTWORK_PX = {".jpg": 80, "_m.jpg": 240}
_BATCH = 64  # tracks that are lost, at most, when a write is cut off


@dataclass(slots=True, kw_only=True)
class StickWriter:
    """Writes planned tracks and lists.

    open_audio: decodes music for waveforms and conversions
    cover: returns the cover of a file
    workers: number of tracks that are decoded and copied at the same time
    """

    open_audio: Decoder
    cover: Callable[[str], EmbeddedPicture | None]
    disk: StickDisk
    workers: int = 1

    def write(self, plan: StickPlan, on_track: OnStickTrack) -> StickWrite:
        """Carry out a plan; a change that was cut off before is settled already."""
        if plan.record.is_empty:
            return replace(plan.record, is_dry_run=False)
        plan.require_space()
        change, left = StickChange(plan.place, self.disk), list[str]()
        try:
            with locked(plan.place):
                if change.is_unfinished() or plan.own != (OwnStickList.read(plan.place) or OwnStickList()):
                    raise StickError("the stick was written to since this was planned; write again")
                done = self._write_tracks(plan, change, left, on_track)
                self._write_databases(plan, change, done)
        except (OSError, ImportReadError, StickError) as error:
            with suppress(OSError, StickError):  # a stick that was pulled is settled when it is back
                change.settle()
            if isinstance(error, StickError):
                raise
            why = error.strerror if isinstance(error, OSError) else None
            raise StickError(
                f"{display_path(plan.place.root)} can't be written: {why or error}; writing again continues"
            ) from None
        return replace(plan.record, left_out=(*plan.record.left_out, *left), is_dry_run=False)

    # ---- tracks ------------------------------------------------------------------------------------

    def _write_tracks(
        self, plan: StickPlan, change: StickChange, left: list[str], on_track: OnStickTrack
    ) -> list[TrackWork]:
        done, new = list[TrackWork](), dict[str, OwnTrack]()
        for start in range(0, len(plan.works), _BATCH):
            works = plan.works[start : start + _BATCH]
            # Covers are read here, as the library belongs to this thread.
            covers = [None if work.has_music else self.cover(work.track.path) for work in works]
            artworks = [_artwork(plan, change, cover) for cover in covers]
            try:
                with ThreadPoolExecutor(self.workers) as pool:
                    for ready in pool.map(partial(self._ready, change), works, covers, artworks):
                        if isinstance(ready, str):
                            left.append(ready)
                            continue
                        done.append(ready)
                        if not ready.has_music:
                            new[ready.stick.path] = replace(ready.own, marks="", row="")
                        on_track(len(done), len(plan.works), ready.track.path)
            finally:
                if new:
                    change.keep(replace(plan.own, tracks={**plan.own.tracks, **new}))
        return done

    def _ready(
        self, change: StickChange, work: TrackWork, cover: EmbeddedPicture | None, artwork: str | None
    ) -> TrackWork | str:
        """Decode, copy or convert a track, in any thread; returns why it is left out, if it is."""
        try:
            strip = b""
            if not work.has_analyses:
                with self.open_audio(work.track.path) as stream:
                    strip = make_strip(stream.blocks(), stream.sample_rate_hz).tobytes()
            if not work.has_music:
                music = self._music(work, cover, change)
                stick = replace(work.stick, size_bytes=music.size_bytes, artwork=artwork)
                work = replace(work, stick=stick, own=own_track(stick, work.own.source))
        except FileError as error:
            return f"{work.track.shown_path}: {error.message}"
        if not work.has_analyses:
            for suffix, data in analysis_files(replace(work.stick, strip=strip)).items():
                change.written(work.stick.analysis_path[:-4] + suffix, [data])
        return work

    def _music(self, work: TrackWork, cover: EmbeddedPicture | None, change: StickChange) -> OwnFile:
        track, form = work.track, work.form
        if form is None:
            try:
                return change.written(work.stick.path, blocks_of(track.path))
            except OSError as error:
                if error.filename == track.path:
                    raise FileError("unreadable", f"can't be read: {error.strerror}") from None
                raise
        deck = DeckCopies(
            form=form, loudness_lufs=None, open_audio=self.open_audio,
            cover=lambda _, side_px: None if cover is None else cover.thumbnail(side_px),
        )  # fmt: skip
        return change.made(work.stick.path, lambda path: deck.write(track, path))

    # ---- databases ---------------------------------------------------------------------------------

    def _write_databases(self, plan: StickPlan, change: StickChange, done: list[TrackWork]) -> None:
        tracks = {track.number: track for track in (*plan.contents.tracks, *(work.stick for work in done))}
        lists = tuple(  # without tracks that could not be read
            replace(listed, tracks=tuple(number for number in listed.tracks if number in tracks))
            for listed in plan.contents.lists
        )
        in_order = tuple(tracks[number] for number in sorted(tracks))
        contents = replace(plan.contents, tracks=in_order, lists=lists, date=time.strftime("%Y-%m-%d"))
        at = plan.place.at
        for name in DATABASES:
            if os.path.exists(at(name)):
                change.written(f"{BEFORE}/{os.path.basename(name)}", blocks_of(at(name)))

        def write_plus(path: str) -> None:
            if os.path.exists(at(PLUS)):
                shutil.copyfile(at(PLUS), path)
            write_device_library(contents, path)

        change.written(LIBRARY, [export_pdb(contents)])
        if has_writer_of_plus():
            change.made(PLUS, write_plus)
        for name, data in SETTING_FILES.items():
            if not os.path.exists(at(f"/PIONEER/{name}")):
                change.written(f"/PIONEER/{name}", [data])
        tracks_after = {**plan.own_after.tracks, **{work.stick.path: work.own for work in done}}
        covers = {track.artwork for track in in_order}
        used = {name: file for name, file in plan.own.files.items() if name.replace("_m.jpg", ".jpg") in covers}
        change.commit(replace(plan.own_after, files={**plan.own_after.files, **used}, tracks=tracks_after))


def _artwork(plan: StickPlan, change: StickChange, cover: EmbeddedPicture | None) -> str | None:
    """Return the name of a cover on the stick, which is written once; None without."""
    if cover is None:
        return None
    digest = blake2b(cover.data, digest_size=8).hexdigest()
    name = f"{ARTWORK}/{1 + int(digest[:2], 16):05}/a{digest}"
    for suffix, side_px in _ARTWORK_PX.items():
        if name + suffix not in change.files and not os.path.exists(plan.place.at(name + suffix)):
            picture = cover.thumbnail(side_px)
            if picture is None:
                return None
            change.written(name + suffix, [picture])
    return name + ".jpg"

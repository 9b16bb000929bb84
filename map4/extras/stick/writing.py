"""Carry out a planned write: music, analysis files, artwork, then both databases."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b

from map4.core.audio.decoding import Decoder
from map4.core.audio.tags.pictures import EmbeddedPicture, thumbnail_of
from map4.core.base.paths import display_path
from map4.core.dsp.inside.strip import make_strip
from map4.errors import FileError
from map4.exports import DeckCopies
from map4.extras.stick.anlz import analysis_files
from map4.extras.stick.changing import BEFORE, StickChange, StickDisk, blocks_of, locked
from map4.extras.stick.content import own_track
from map4.extras.stick.device_library import write_device_library
from map4.extras.stick.new_stick import SETTING_FILES
from map4.extras.stick.own_list import OwnFile, OwnStickList, OwnTrack
from map4.extras.stick.pdb import export_pdb
from map4.extras.stick.place import ARTWORK, StickError
from map4.extras.stick.plan import StickPlan, TrackWork
from map4.extras.stick.reading import DATABASES, LIBRARY, PLUS, has_writer_of_plus
from map4.extras.stick.records import StickWrite
from map4.formats import ImportReadError

OnStickTrack = Callable[[int, int, str], object]
"""Called with the number of written tracks, the total, and the path of the track."""
_ARTWORK_PX = {".jpg": 80, "_m.jpg": 240}
_BATCH = 64
"""Tracks that are lost, at most, when a write is cut off."""


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
        """Carry out a plan; a change that was cut off before is settled already.

        raises StickError: if the stick is full, read-only or failing; the next call continues
        """
        if plan.record.is_empty:
            return replace(plan.record, is_dry_run=False)
        plan.require_space()
        change, left = StickChange(plan.place, self.disk), list[str]()
        try:
            with locked(plan.place):
                if change.is_unfinished() or plan.own != (OwnStickList.read(plan.place) or OwnStickList()):
                    raise StickError("the stick was written to since this was planned; run the command again")
                done = self._write_tracks(plan, change, left, on_track)
                self._write_databases(plan, change, done)
        except (OSError, ImportReadError, StickError) as error:
            with suppress(OSError, StickError):  # a stick that was pulled is settled when it is back
                change.settle()
            if isinstance(error, StickError):
                raise
            why = error.strerror if isinstance(error, OSError) else None
            raise StickError(
                f"{display_path(plan.place.root)} can't be written: {why or error}; the same command continues"
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
            cover=lambda _, side_px: None if cover is None else thumbnail_of(cover, side_px),
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
            picture = thumbnail_of(cover, side_px)
            if picture is None:
                return None
            change.written(name + suffix, [picture])
    return name + ".jpg"

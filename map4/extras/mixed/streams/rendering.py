"""The process that renders and encodes a stream: an endless programme piece by piece, or a set into a file."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from map4.audio.converting import Encoding
from map4.audio.decoder import load_decoder
from map4.audio.mixdown.excerpt import Stereo
from map4.base.child_process import Parent
from map4.base.paths import display_path
from map4.base.regular_files import read_regular
from map4.base.unfinished import make_private_folder, open_private, unfinished
from map4.extras.mixed.part import MixedSets
from map4.extras.mixed.planning import plan_endless
from map4.extras.mixed.records import MixedSet, PlannedStep
from map4.extras.mixed.rendering import SetPlayer
from map4.extras.mixed.sources import RATE_HZ
from map4.extras.mixed.streams.order import endless_picks
from map4.extras.mixed.streams.pieces import PLACES, RADIO_KBPS, OnAir, Piece, StreamJob
from map4.library import Library
from map4.music.lists.tracklist import PlacedPick
from map4.plays import make_room

_NEEDED = (
    "map4.audio.decode", "map4.extras.mixed.part", "map4.lists.files", "map4.lists.step_plans",
    "map4.lists.store.playlists", "map4.store.sqlite_store", "map4.store.tracks",
)  # fmt: skip
"""Modules that every job loads: a spare process has them before its job comes."""
PIECE_S = 0.25
RADIO_LUFS = -18.0
LEAD_S = 12.0
"""A form that is added to a programme begins this far back at most: at the place that listeners hear."""
MOST_UNREADABLE = 50
"""A programme ends after this many unreadable tracks in a row."""
READ_AGAIN_S = 5.0
"""A list is read once for the first two tracks: a list of 1000 tracks takes a third of a second."""
_FORM_OF_CACHE = 1
_MOST_PLACE_BYTES = 10_000
_MOST_MARK_BYTES = 10_000_000
_PLACES_EVERY_S = 10.0
_POLITE_AFTER_S = 20.0
_POLITENESS = 10

_Whole = tuple[str, list[tuple[float, OnAir]], list[tuple[int, float]]]
"""A finished set: its path, its tracks with their moments, and bytes with the moment at which they play."""


def main() -> None:
    """Do one job of the parent."""
    parent = Parent()
    for module in _NEEDED:
        import_module(module)
    LiveEncoder("mp3").add(np.zeros((2, RATE_HZ), dtype=np.float32))
    parent.answer(Rendering(parent).done)


class Rendering:
    """Renders for a parent, which requests each piece of a programme."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

    def done(self, job: StreamJob, send: object) -> Any:
        with Library.open(create=False, **job.library) as opened:
            library = opened.acting_as(job.actor)
            if job.form is None:
                return self._broadcast(library, job)
            return self._write(library, job)

    # ---- an endless programme

    def _broadcast(self, library: Library, job: StreamJob) -> None:
        place = PlaceNote(job)
        steps = _steps(library, job.list_id, place.read())
        player = SetPlayer(steps, load_decoder(job.library["decoder"]), most_unreadable=MOST_UNREADABLE)
        encoders: dict[str, LiveEncoder] = {}
        recent: deque[tuple[float, Stereo]] = deque(maxlen=round(LEAD_S / PIECE_S))
        on_air: OnAir | None = None
        begin, number = 0, 0
        for samples in pieces_of(player.blocks(), round(PIECE_S * RATE_HZ)):
            at_s, until_s = begin / RATE_HZ, (begin + samples.shape[1]) / RATE_HZ
            while player.played and (player.played[0].at_s < until_s or on_air is None):
                track = player.played.pop(0).track
                on_air, number = OnAir.of(number, track), number + 1
                place.write(track.audio_id or track.path)
            assert on_air is not None
            forms, from_s = self._parent.receive()
            encoders = {form: encoder for form, encoder in encoders.items() if form in forms}
            for form in forms:
                if form not in encoders:
                    encoder = encoders[form] = LiveEncoder(form)
                    late = [(moment_s, encoder.add(part)) for moment_s, part in recent if moment_s >= from_s]
                    self._parent.send("form", (form, encoder.head, late))
            recent.append((at_s, samples))
            data = {form: encoder.add(samples) for form, encoder in encoders.items()}
            self._parent.send("piece", Piece(at_s, until_s, on_air, data))
            begin += samples.shape[1]

    # ---- a set in a file

    def _write(self, library: Library, job: StreamJob) -> _Whole:
        assert job.form is not None
        planned = library.part(MixedSets).plan(library.lists.read_stored(job.list_id), job.options)
        path = os.path.join(job.folder, f"{_digest(planned)}.{job.form}")
        if (known := known_set(path)) is not None:
            return known
        make_private_folder(job.folder)
        player = SetPlayer.of(planned, load_decoder(job.library["decoder"]))
        with unfinished(path, "partial") as partial:
            marks: list[tuple[float, OnAir]] = []
            places: list[tuple[int, float]] = [(0, 0.0)]
            with open(partial, "wb", buffering=0) as file:
                self._parent.send("begun", partial)
                kbps = None if job.form == "flac" else RADIO_KBPS[job.form]
                with Encoding(file, job.form, rate_hz=RATE_HZ, kbps=kbps) as encoding:
                    for samples in pieces_of(player.blocks(), RATE_HZ):
                        encoding.add(samples.T)
                        while player.played:
                            at_s, track = player.played.pop(0)
                            marks.append((at_s, OnAir.of(len(marks), track)))
                        done_s = encoding.samples / RATE_HZ
                        self._parent.send("encoded", (size := file.tell(), done_s, marks[-1]))
                        if done_s > places[-1][1] + _PLACES_EVERY_S:
                            places.append((size, done_s))
                        if done_s >= _POLITE_AFTER_S:
                            _be_polite()
            places.append((os.stat(partial).st_size, encoding.samples / RATE_HZ))
            with open(f"{path}.json", "w", encoding="utf-8", opener=open_private) as notes:
                if not player.gaps:  # a set with gaps has no marks, so that it is made again
                    json.dump({"tracks": marks, "places": places}, notes)
            os.replace(partial, path)
        make_room(path, job.most_bytes)
        return path, marks, places


class LiveEncoder:
    """Encodes a programme from a moment on; `head` comes before the data of every listener."""

    def __init__(self, form: Any) -> None:
        self._written: list[bytes] = []
        self._encoding = Encoding(self, form, rate_hz=RATE_HZ, kbps=RADIO_KBPS[form], is_live=True)
        self.head = self._taken()

    def write(self, data: bytes) -> int:
        """Called by the encoder."""
        self._written.append(bytes(data))
        return len(data)

    def add(self, samples: Stereo) -> bytes:
        """The whole frames or pages that became complete."""
        self._encoding.add(samples.T)
        return self._taken()

    def _taken(self) -> bytes:
        data, self._written = b"".join(self._written), []
        return data


class PlaceNote:
    """The place of a programme on disk: it goes on with the next track after it stopped, also after a crash."""

    def __init__(self, job: StreamJob) -> None:
        self._path = os.path.join(job.folder, PLACES, f"{_name_of(job.library['path'], job.list_id)}.place")

    def read(self) -> str | None:
        """The key of the track that began last."""
        try:
            return read_regular(self._path, most_bytes=_MOST_PLACE_BYTES).decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def write(self, key: str) -> None:
        """Note a track that begins; without a place to write, the next programme begins with the list."""
        with suppress(OSError):
            make_private_folder(os.path.dirname(self._path))
            with unfinished(self._path, "partial") as partial:
                with open(partial, "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(key)
                os.replace(partial, self._path)


def pieces_of(blocks: Iterable[Stereo], size: int) -> Iterator[Stereo]:
    """The same samples in pieces of equal length; the last may be shorter."""
    held: list[Stereo] = []
    count = 0
    for block in blocks:
        while block.shape[1]:
            part, block = block[:, : size - count], block[:, size - count :]
            held.append(part)
            count += part.shape[1]
            if count == size:
                yield held[0] if len(held) == 1 else np.concatenate(held, axis=1)
                held, count = [], 0
    if held:
        yield np.concatenate(held, axis=1)


def known_set(path: str) -> _Whole | None:
    """A set that the cache has, now used."""
    try:
        marks = json.loads(read_regular(f"{path}.json", most_bytes=_MOST_MARK_BYTES))
        os.utime(path)
    except (OSError, ValueError):  # half of the marks are left if the disk was full
        return None
    tracks = [(at_s, OnAir(*track)) for at_s, track in marks["tracks"]]
    return path, tracks, [(place, at_s) for place, at_s in marks["places"]]


def _steps(library: Library, list_id: str, after: str | None) -> Iterator[PlannedStep]:
    sets, lists = library.part(MixedSets), library.lists

    @lru_cache(1)
    def playable(moment: int) -> list[PlacedPick]:
        return sets.playable(lists.read_stored(list_id))

    picks = endless_picks(
        lambda: playable(int(time.monotonic() / READ_AGAIN_S)),
        after=after, is_live=lists.live(list_id) is not None,
    )  # fmt: skip
    return plan_endless(((sets.detailed(track), pick) for track, pick in picks), level_lufs=RADIO_LUFS)


def _digest(planned: MixedSet) -> str:
    """A name for the sound of a set."""
    parts: list[object] = [_FORM_OF_CACHE, planned.fade_out_s, planned.lasts_s]
    for track, joint in planned.steps():
        parts += [track.audio_id or display_path(track.path), track.title, track.gain_db, track.speeds]
        parts += [] if joint is None else [joint.kind, joint.at_s, joint.lasts_s, joint.swap_at_s]
    return _name_of(*parts)


def _name_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _be_polite() -> None:
    """Yield the processor to others, once the beginning is encoded."""
    if hasattr(os, "nice") and os.getpriority(os.PRIO_PROCESS, 0) < _POLITENESS:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _POLITENESS)

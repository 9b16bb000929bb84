"""The process that renders a set and encodes it into a file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from shutil import rmtree

import numpy as np

from map4.core.audio.converting import Encoding
from map4.core.audio.decoder import load_decoder
from map4.core.audio.mixdown.stretch import Stereo
from map4.core.base.child_process import Parent, Send
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.extras.list_mixes.part import ListMixes
from map4.extras.list_mixes.records import ListMix
from map4.extras.list_mixes.rendering import SetPlayer
from map4.extras.list_mixes.sources import RATE_HZ
from map4.extras.list_mixes.streams.pieces import OnAir, StreamJob
from map4.library import Library

KBPS: Mapping[str, int | None] = {"mp3": 192, "opus": 128, "flac": None}
_FORM_OF_CACHE = 1
_MOST_MARK_BYTES = 10_000_000
_PLACES_EVERY_S = 10.0
_POLITE_AFTER_S = 20.0
_POLITENESS = 10

_Whole = tuple[str, list[tuple[float, OnAir]], list[tuple[int, float]]]
"""A finished set: its path, its tracks with their moments, and bytes with the moment at which they play."""


def main() -> None:
    """Do one job of the parent."""
    Parent().answer(encode)


def encode(job: StreamJob, send: Send) -> _Whole:
    """Encode a set into a file of the cache, and send how far it is."""
    with Library.open(create=False, **job.library) as opened:
        library = opened.acting_as(job.actor)
        planned = library.part(ListMixes).plan(library.lists.read_stored(job.list_id), job.options)
    path = os.path.join(job.folder, f"{_digest(planned)}.{job.form}")
    if (known := known_set(path)) is not None:
        return known
    SafeFile.make_private_folder(job.folder)
    rmtree(os.path.join(os.path.dirname(job.folder), "mixed"), ignore_errors=True)  # the cache of release candidates
    player = SetPlayer.of(planned, load_decoder(job.library["decoder"]))
    with SafeFile(path).unfinished("partial") as partial:
        marks: list[tuple[float, OnAir]] = []
        places: list[tuple[int, float]] = [(0, 0.0)]
        with open(partial, "wb", buffering=0) as file:
            send("begun", partial)
            with Encoding(file, job.form, rate_hz=RATE_HZ, kbps=KBPS[job.form]) as encoding:
                for samples in pieces_of(player.blocks(), RATE_HZ):
                    encoding.add(samples.T)
                    while player.played:
                        at_s, track = player.played.pop(0)
                        marks.append((at_s, OnAir.of(len(marks), track)))
                    done_s = encoding.samples / RATE_HZ
                    send("encoded", (size := file.tell(), done_s, marks[-1]))
                    if done_s > places[-1][1] + _PLACES_EVERY_S:
                        places.append((size, done_s))
                    if done_s >= _POLITE_AFTER_S:
                        _be_polite()
        places.append((os.stat(partial).st_size, encoding.samples / RATE_HZ))
        with open(f"{path}.json", "w", encoding="utf-8", opener=SafeFile.open_private) as notes:
            if not player.gaps:  # a set with gaps has no marks, so that it is made again
                json.dump({"tracks": marks, "places": places}, notes)
        os.replace(partial, path)
    SafeFile(path).make_room_beside(job.most_bytes)
    return path, marks, places


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
        marks = json.loads(OnDisk(f"{path}.json").read(most_bytes=_MOST_MARK_BYTES))
        os.utime(path)
    except (OSError, ValueError):  # half of the marks are left if the disk was full
        return None
    tracks = [(at_s, OnAir(*track)) for at_s, track in marks["tracks"]]
    return path, tracks, [(place, at_s) for place, at_s in marks["places"]]


def _digest(planned: ListMix) -> str:
    """A name for the sound of a set."""
    parts: list[object] = [_FORM_OF_CACHE, planned.fade_out_s, planned.lasts_s]
    for track, joint in planned.steps():
        parts += [track.audio_id or display_path(track.path), track.gain_db, track.speeds]
        parts += [] if joint is None else [joint.kind, joint.at_s, joint.lasts_s, joint.swap_at_s]
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _be_polite() -> None:
    """Yield the processor to others, once the beginning is encoded."""
    if hasattr(os, "nice") and os.getpriority(os.PRIO_PROCESS, 0) < _POLITENESS:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _POLITENESS)

"""Play a track from a time, a bar or a cue point, or convert its audio."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from io import FileIO
from typing import ClassVar

import numpy as np

from map4.core.audio.decoder import load_decoder
from map4.core.audio.jobs import ConvertJob, Stamp
from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.audio.playing import play_file
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues
from map4.core.audio.tags.copies import add_tags, tags_of_copy
from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, display_path, user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import read_clock, words_of
from map4.core.base.unfinished import SafeFile
from map4.core.dsp.inside.strip import coarser
from map4.core.music.analysis.audio import AudioFormat, MadeForm
from map4.core.music.analysis.inside import Strip
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_cues import TrackCue
from map4.errors import FileError, LibraryBusyError, Map4Error, NothingFoundError, UsageError
from map4.library.part import LibraryServices
from map4.scan import Dispatcher
from map4.search import cover_of_track
from map4.tags import AlbumLevels
from map4.version import Packages

MOST_BYTES = 2_000_000_000
MOST_AT_ONCE = 64
"""Maximum number of conversions that run or wait for their turn."""
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a file of the cache is made.

    name: of the file, different for all other content
    make: writes the audio to a path, from its beginning to its end
    finish: adds to the end of the file what followers don't get, such as tags
    stop: makes `make` raise an error soon, from any thread
    account: for whom it is made
    """

    name: str
    make: Callable[[str], object]
    finish: Callable[[str], object]
    stop: Callable[[], object]
    account: int

    @property
    def path(self) -> str:
        """The path of the complete file."""
        return os.path.join(user_file("cache", "audio"), self.name)

    def made(self) -> str:
        """Return the path of the complete file, made if the cache does not have it."""
        if not self.is_made():
            with RunningConversion.followed(self) as running:
                running.wait()
        return self.path

    def is_made(self) -> bool:
        """Whether the cache has the file, which is marked as used."""
        try:  # keep the modification time for clients with a part
            os.utime(self.path, ns=(time.time_ns(), os.stat(self.path).st_mtime_ns))
        except OSError:
            return os.path.exists(self.path)
        return True

    @staticmethod
    def of(
        services: LibraryServices,
        track: Track,
        form: MadeForm,
        part_s: Part | None = None,
        *,
        speed: float = 1.0,
        kbps: int | None = None,
        timeout_s: float | None = None,
    ) -> Conversion:
        """Return the conversion of a track's audio to another format; see `map4.Library.files.conversion`."""
        if track.audio_id is None:
            raise FileError("corrupt", f"{track.shown_path} was not identified, and can't be converted")
        if kbps is not None and kbps not in AudioFormat.CONVERTED_KBPS.get(form, ()):
            raise UsageError(f"no audio is converted to {form} of {kbps} kbit/s")
        ending = form if kbps is None else f"{kbps}.{form}"
        name, speed = f"{track.audio_id}.{ending}", _checked_speed(speed, part_s)
        tags: SlotValues = {}
        if part_s is None and form != "strip":
            tagging = _Tagging.of(services, track)
            name, tags = f"{track.audio_id}.{tagging.digest}.{ending}", tagging.tags()
        if part_s is not None:
            part_s = _checked_part(track, *part_s)
            at = "" if speed == 1.0 else f"@{speed:.6f}"
            name = f"{track.audio_id}.{part_s[0]:.3f}-{part_s[1]:.3f}{at}.{ending}"
        length_s = track.analysis.duration_s if track.analysis else None
        job = partial(
            ConvertJob, path=track.path, decoder=services.decoder, length_s=length_s, form=form, part_s=part_s,
            speed=speed, kbps=kbps, tags=tags,
        )  # fmt: skip
        lanes = services.lanes.apart()  # the library may be closed before the last listener leaves

        def make(target: str) -> None:
            jobs = iter([job(stamp=Stamp.of_file(track.path), target=target)])
            [(_, outcome)] = Dispatcher(lanes(1), jobs, timeout_s).run()
            if isinstance(outcome, Failure):
                raise FileError(outcome.kind, f"{track.shown_path} {outcome.message}")

        def finish(target: str) -> None:
            if form == "wav" and tags:
                add_tags(target, tags)

        return Conversion(name=name, make=make, finish=finish, stop=lanes.stop, account=services.store.actor.id)


class RunningConversion:
    """A conversion in progress, in a separate thread. It ends early if no caller follows it any more."""

    # Per process: several callers may need the same file.
    _running: ClassVar[dict[str, RunningConversion]] = {}
    _lock: ClassVar = threading.Lock()
    _threads: ClassVar = Counter[int]()
    _turns: ClassVar = threading.BoundedSemaphore(max(2, usable_cores()))

    def __init__(self, conversion: Conversion) -> None:
        self._conversion, self._followers = conversion, 0
        self._partial = conversion.path
        self._size: int | None = None
        self._over = Future[None]()

    @classmethod
    @contextlib.contextmanager
    def followed(cls, conversion: Conversion, left_s: float = 0.0) -> Iterator[RunningConversion]:
        """Start a conversion, or join it if it runs.

        left_s: continue for so long after the last follower has left; in an event loop
        raises LibraryBusyError: if it does not run, and its account has as many of `MOST_AT_ONCE` places as are free
        """
        with cls._lock:
            running = cls._running.get(conversion.path)
            if running is None:
                busy = cls._threads.total()
                if cls._threads[conversion.account] >= MOST_AT_ONCE - busy:
                    raise LibraryBusyError(f"{busy} conversions are in progress; try again later")
                running = cls(conversion)
                threading.Thread(target=running._run, name="map4-conversion", daemon=True).start()
                cls._running[conversion.path] = running  # last, since a machine may have no thread left
                cls._threads[conversion.account] += 1
            running._followers += 1
        try:
            yield running
        finally:
            with cls._lock:
                running._followers -= 1
            if left_s:
                asyncio.get_running_loop().call_later(left_s, running._stop_if_left)
            else:
                running._stop_if_left()

    @property
    def is_over(self) -> bool:
        """Whether it is complete, or has failed."""
        return self._over.done()

    def wait(self) -> None:
        """Wait until it is complete.

        raises Map4Error: if it failed
        """
        try:
            self._over.result()
        except OSError as error:
            where = display_path(os.fsdecode(error.filename)) if error.filename else "the cache folder"
            raise Map4Error(f"converted audio can't be kept in {where}: {error.strerror}") from None

    def open(self) -> FileIO | None:
        """Open the file for reading, also while it is written; None if it has not begun."""
        for path in (self._partial, self._conversion.path):  # it gets the latter name when it is complete
            with contextlib.suppress(FileNotFoundError):
                return OnDisk(path).open_unbuffered()
        return None

    def read(self, file: FileIO, start: int) -> bytes:
        """The audio from a place on, as far as it is written; empty at its end."""
        file.seek(start)
        data = file.read(_READ_BYTES) or b""
        # Known before anything is added to the audio.
        return data if self._size is None else data[: max(0, self._size - start)]

    def _run(self) -> None:
        error = None
        try:
            with self._turns:
                if not self._conversion.is_made():  # by another, until now
                    SafeFile.make_private_folder(os.path.dirname(self._conversion.path))
                    self._make(self._conversion.path)
        except BaseException as failed:  # passed to the followers
            error = failed
        with self._lock:
            self._forget()
            self._threads[self._conversion.account] -= 1
        self._over.set_exception(error)  # without an error, it is complete

    def _make(self, path: str) -> None:
        with SafeFile(path).unfinished("partial") as self._partial:
            self._conversion.make(self._partial)
            self._size = os.stat(self._partial).st_size
            self._conversion.finish(self._partial)
            os.replace(self._partial, path)
        with contextlib.suppress(OSError):
            SafeFile(path).make_room_beside(MOST_BYTES)

    def _stop_if_left(self) -> None:
        with self._lock:
            if self._followers or self.is_over:
                return
            self._forget()
        self._conversion.stop()

    def _forget(self) -> None:
        if self._running.get(self._conversion.path) is self:
            del self._running[self._conversion.path]


PLACE_EXAMPLES = "drop, mix-in, 1:23, 90s or 'bar 33'"
_BAR = re.compile(r"bar[\s:]*(\d{1,6})", re.IGNORECASE)
_COVER_PX = 600
Part = tuple[float, float | None]
"""Start and end of a part in seconds; without an end, to that of the track."""
_LONGEST_S = 1e6
MOST_PART_S = 240.0
"""The longest mix, 64 bars at 80 BPM, with some context."""


def play(services: LibraryServices, file: PathLike, place: str | None) -> None:
    """Play a track of a library, or any other file, to its end; see `map4.Library.play`."""
    [path] = services.names.paths(file)
    if os.path.isdir(path):
        raise UsageError(f"{display_path(path)} is a folder; name one file")
    try:
        with AudioSource(path):
            pass
    except FileError as error:
        if error.kind == "vanished":
            raise NothingFoundError(f"{display_path(path)} is not there") from None
        raise FileError(error.kind, f"{display_path(path)} {error.message}") from None
    start_s = 0.0
    if place is not None:
        start_s = place_in_track(
            services.store.tracks.track(path, beats=True) or Track(path=path, state="pending"), place
        )
    play_file(path, start_s, open_audio=load_decoder(services.decoder))


def place_in_track(track: Track, place: str) -> float:
    """Where a place is, in seconds.

    track: with its bars, for a place by its bar
    place: "1:23", "1:02:03", "83", "83.5s"; "bar 33"; a kind of cue point ("drop", "mix-in", "break", "mix-out",
        "outro", "first-beat") or its name: the first of them
    """
    text = place.strip()
    if (seconds := read_clock(text)) is not None:
        length_s = track.analysis.duration_s if track.analysis else None
        if length_s is not None and seconds >= length_s:
            raise UsageError(f"{place} is after the end of the track, which is {length_s:.1f} s long")
        return seconds
    if bar := _BAR.fullmatch(text):
        number = int(bar[1])
        bars = track.analysis.bars if track.analysis else None
        if bars is None or not bars.downbeats_s:
            raise NothingFoundError(f"the bars of this track are not known; begin at a time: {PLACE_EXAMPLES}")
        if not 1 <= number <= len(bars.downbeats_s):
            raise NothingFoundError(f"there is no bar {number}; the track has bars 1 to {len(bars.downbeats_s)}")
        return bars.downbeats_s[number - 1]
    names = dict(_cue_names(track))
    wanted = words_of(text)
    if wanted in names:
        return max(0.0, names[wanted])
    if not names:
        raise NothingFoundError(
            f"there is no '{text}': this track has no cue points; begin at a time, such as 1:23, or 'bar 33'"
        )
    shown = sorted(names, key=lambda name: names[name])
    raise NothingFoundError(f"this track has no '{text}'; {UsageError.did_you_mean(wanted, shown)}")


def _cue_names(track: Track) -> Iterator[tuple[str, float]]:
    """Names of cue points, as words; of two with one name the first counts."""
    for cue in reversed(track.cues()):
        kinds = {cue.kind} if cue.kind else TrackCue.meaning_of(cue.point)
        for name in (cue.point.name or "", *(kind.replace("_", " ") for kind in sorted(kinds))):
            if words_of(name):
                yield words_of(name), cue.point.position_s


@dataclass(frozen=True, slots=True)
class _Tagging:
    """The tags of a whole converted track, and what tells them from others in the name of its file."""

    track: Track
    picture: EmbeddedPicture | None

    @classmethod
    def of(cls, services: LibraryServices, track: Track) -> _Tagging:
        return cls(services.store.part(AlbumLevels).current().on(track), cover_of_track(track.path, services.store))

    @property
    def digest(self) -> str:
        digest = blake2b(repr(tags_of_copy(self.track)).encode("utf-8", "replace"), digest_size=8)
        digest.update(b"" if self.picture is None else self.picture.data)
        return digest.hexdigest()

    def tags(self) -> SlotValues:
        cover = None if self.picture is None else self.picture.thumbnail(_COVER_PX)
        return tags_of_copy(self.track, cover=cover)


def strip_of(
    services: LibraryServices,
    track: Track,
    address: str,
    span_s: tuple[float, float],
    points: int,
    *,
    timeout_s: float | None,
) -> Strip:
    """Return part of a track's strip; see `map4.Library.files.strip`."""
    if not 1 <= points <= Strip.MOST_POINTS:
        raise UsageError(f"a strip has 1 to {Strip.MOST_POINTS:,} points, not {points:,}")
    path = Conversion.of(services, track, "strip", timeout_s=timeout_s).made()
    levels = np.fromfile(path, dtype=np.uint8).reshape(3, -1)
    length_s = levels.shape[1] / Strip.RATE_HZ
    begin_s, end_s = max(0.0, span_s[0]), min(length_s, span_s[1])
    if not begin_s < end_s:
        raise UsageError(f"there is nothing to show from {span_s[0]:g} to {span_s[1]:g} s; it is {length_s:.1f} s long")
    first = int(begin_s * Strip.RATE_HZ)
    last = max(first + 1, math.ceil(end_s * Strip.RATE_HZ))
    rows = (row.tobytes() for row in coarser(levels, first, last, min(points, last - first)))
    low, mid, high = rows
    return Strip(id=address, from_s=first / Strip.RATE_HZ, to_s=last / Strip.RATE_HZ, low=low, mid=mid, high=high)


def _checked_speed(speed: float, part_s: Part | None) -> float:
    """Check and round a speed to millionths (60 µs per minute), as it is part of a file name."""
    if not 0.5 <= speed <= 2.0:
        raise UsageError("a speed must be between 0.5 and 2; 1 is the original speed")
    if (speed := round(speed, 6)) == 1.0:
        return speed
    if part_s is None:
        raise UsageError("only a part can be played at another speed; give its start and end")
    if not TimeStretch.can_keep_pitch():
        raise UsageError(
            f"the pitch can't be kept at another speed here: {Packages('stretch').how_to_add()}, or play it without"
        )
    return speed


def _checked_part(track: Track, from_s: float, end_s: float | None) -> tuple[float, float]:
    """Check and round a part to whole milliseconds, as it is part of a file name."""
    from_s, to_s = round(from_s, 3), _LONGEST_S if end_s is None else round(end_s, 3)
    if not 0.0 <= from_s < to_s:
        raise UsageError("a part must begin at 0 s or later, and end after its beginning")
    if end_s is not None and to_s - from_s > MOST_PART_S:
        raise UsageError(f"a part is {MOST_PART_S:g} s long at most; ask for a shorter one, or for the whole track")
    length_s = track.analysis.duration_s if track.analysis else math.inf
    if from_s >= length_s:
        raise UsageError(f"{from_s:g} s is after the end of the track, which is {length_s:.1f} s long")
    return from_s, to_s

"""The sets that a server encodes now: who listens, and the processes."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.child_process import Child
from map4.core.base.paths import user_file
from map4.errors import Map4Error
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.streams.pieces import OnAir, SetForm, StreamJob

T = TypeVar("T")

LEFT_S = 5.0  # players drop a connection and open another; encoding stops this long after the last listener has gone
PLANNED_S = 600.0  # a whole set keeps its plan for this long, even if the library changes
FOLDER = "list-mixes"  # in the user's cache folder
_END_S = 2.0
_LOOK_S = 0.1
_MODULE = "map4.extras.list_mixes.streams.rendering"
_READERS = ThreadPoolExecutor(4, "map4-list-mix")  # read files of sets only, so that a slow disk delays nothing else


async def in_reader(call: Callable[..., T], *given: object) -> T:
    """The result of a call in a thread that reads files of sets."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, call, *given)


class TooManyStreamsError(Map4Error):
    """The server has as many encodings or listeners as it allows."""


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """Limits of a server. An encoding takes about a tenth of a core; see also the setting `mix.cache_gb`."""

    encodings: int = 4
    listeners: int = 100
    cache_bytes: int = 5_000_000_000

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> StreamLimits:
        """The limits in settings by name."""
        return cls(cache_bytes=round(1e9 * config.get("mix.cache_gb", cls().cache_bytes / 1e9)))


class RunningSet:
    """A set in a file that grows until it is whole, and the process that encodes it. For one event loop.

    path: of the unfinished file, then of the file
    size: bytes that can be read
    listeners: connections now
    connections: so far
    """

    def __init__(self, job: StreamJob, child: Callable[[], Child]) -> None:
        self._job, self._make = job, child
        self._loop = asyncio.get_running_loop()
        self._is_started = self.is_stopped = False
        self._child: Child | None = None
        self.listeners = self.connections = 0
        self._thread = threading.Thread(target=self._run, name="map4-stream", daemon=True)
        self.path, self.size, self.is_whole = "", 0, False
        self.made_at_s = time.monotonic()
        self._unfinished = ""
        self.error: BaseException | None = None
        self._tracks: list[tuple[float, OnAir]] = []
        self._places = [(0, 0.0)]
        self._news = asyncio.Event()

    def start(self) -> None:
        """Start the process, unless it was started."""
        if not self._is_started:
            self._is_started = True
            self._thread.start()

    def stop(self) -> None:
        """End the process, also while it plans or encodes."""
        self.is_stopped = True
        if (child := self._child) is not None:
            child.kill()

    def join(self) -> None:
        """Wait until the process has ended."""
        if self._is_started:
            self._thread.join(_END_S)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is encoded."""
        return self.is_whole or self.error is not None

    async def begun(self) -> None:
        """Wait for the first bytes."""
        while not self.size and not self.is_over:
            await self._news.wait()
        if self.error is not None:
            raise self.error

    async def open(self) -> int:
        """Open the file, which gets another name when it is whole; returns its descriptor."""
        while True:
            path = self.path
            try:
                return await in_reader(os.open, path, os.O_RDONLY)
            except FileNotFoundError:
                if self.is_over and path == self.path:
                    raise
                await asyncio.sleep(_LOOK_S)

    def is_past(self) -> bool:
        """Whether new listeners need another: it failed, its plan is old, or the cache has dropped its file."""
        if not self.is_whole:
            return self.error is not None
        return time.monotonic() > self.made_at_s + PLANNED_S or not os.path.exists(self.path)

    async def until(self, size: int) -> None:
        """Wait until this number of bytes can be read, or encoding has ended."""
        while self.size < size and not self.is_over:
            await self._news.wait()

    def at_s(self, place: int) -> float:
        """The second of the set at which a byte plays."""
        after = min(max(1, bisect_right(self._places, (place, math.inf))), len(self._places) - 1)
        if not after:
            return 0.0
        (before, begin_s), (end, end_s) = self._places[after - 1 : after + 1]
        return begin_s + (end_s - begin_s) * (place - before) / max(1, end - before)

    def on_air(self, at_s: float) -> OnAir:
        """The track that plays at a second of the set."""
        return self._tracks[max(0, bisect_right(self._tracks, at_s, key=lambda mark: mark[0]) - 1)][1]

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            child = self._child = self._make()
            child.send(self._job)
            if not self.is_stopped:
                self._read(child)
        except Child.ENDED as lost:
            error = Map4Error("the process that encodes was ended; play it again")
            error.__cause__ = lost
        except Exception as failed:  # of the process, or a mistake here: the streams end
            error = failed
        finally:
            if self._child is not None:
                self._child.end()
            if self._unfinished:
                with suppress(OSError):
                    os.unlink(self._unfinished)
            self._call(self._ended, error)

    def _read(self, child: Child) -> None:
        message = child.receive()
        while not self.is_stopped:
            if message[0] == "failed":
                raise message[1]
            if message[0] == "begun":
                self._unfinished = message[1]
            self._call(self._receive, *message)
            if message[0] == "done":
                return
            message = child.receive()
        raise EOFError

    def _receive(self, what: str, value: Any) -> None:
        if what == "begun":
            self.path = value
        elif what == "encoded":
            size, done_s, mark = value
            if not self._tracks or self._tracks[-1] != mark:
                self._tracks.append(mark)
            self.size = size
            self._places.append((size, done_s))
        else:
            self.path, self._tracks, self._places = value
            self.size, self.is_whole = self._places[-1][0], True
        self._notify()

    def _ended(self, error: BaseException | None) -> None:
        if not self.is_whole:
            self.error = error or EOFError()
        self._notify()

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _call(self, function: Callable[..., object], *given: object) -> None:
        with suppress(RuntimeError):  # the loop may be closed
            self._loop.call_soon_threadsafe(function, *given)


class RunningStreams:
    """All sets that a server encodes. For one event loop.

    library: arguments of `Library.open`
    """

    def __init__(
        self, limits: StreamLimits, library: Mapping[str, Any], child: Callable[[], Child] | None = None
    ) -> None:
        self._limits, self._library = limits, library
        self._child = child or (lambda: Child(Child.command_of(_MODULE)))
        self._listeners = 0
        self._sets: dict[Hashable, RunningSet] = {}

    @contextmanager
    def set(self, list_id: str, form: SetForm, actor: Actor, options: ListMixOptions) -> Iterator[RunningSet]:
        """A set for another listener; other listeners of the same set share its encoding."""
        key = list_id, form, actor.rights, options
        running = self._sets.get(key)
        if running is not None and running.is_past():
            running = None
        with self._listening(is_new=running is None):
            if running is None:
                job = StreamJob(
                    self._library, actor, list_id, user_file("cache", FOLDER), form, options, self._limits.cache_bytes
                )
                running = self._sets[key] = RunningSet(job, self._child)
            running.listeners += 1
            running.connections += 1
            running.start()
            try:
                yield running
            finally:
                running.listeners -= 1
                self._leave(key, running)

    def close(self) -> None:
        """End all processes, and wait for them."""
        running = tuple(self._sets.values())
        for each in running:
            each.stop()
        for each in running:
            each.join()

    @contextmanager
    def _listening(self, *, is_new: bool) -> Iterator[None]:
        if self._listeners >= self._limits.listeners:
            raise TooManyStreamsError(f"{self._listeners} players listen already, the limit of this server")
        encodings = sum(not running.is_over for running in self._sets.values())
        if is_new and encodings >= self._limits.encodings:
            raise TooManyStreamsError(f"{encodings} streams are encoded already, the limit of this server")
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1

    def _leave(self, key: Hashable, running: RunningSet) -> None:
        """Stop an encoding if no listener comes back."""
        number = running.connections

        def leave() -> None:
            if not running.listeners and number == running.connections:
                running.stop()
                if self._sets.get(key) is running:
                    del self._sets[key]

        if not running.listeners:
            asyncio.get_running_loop().call_later(PLANNED_S if running.is_whole else LEFT_S, leave)

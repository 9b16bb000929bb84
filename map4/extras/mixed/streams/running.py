"""The programmes and sets that a server encodes now: who listens, and the processes."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from map4.base.actor import Actor
from map4.base.child_process import ENDED, Child, Message, command_of
from map4.base.user_folders import user_file
from map4.errors import Map4Error
from map4.extras.mixed.options import MixedOptions
from map4.extras.mixed.streams.broadcast import BURST_S, Broadcast
from map4.extras.mixed.streams.pieces import PLACES, OnAir, RadioForm, SetForm, StreamJob

log = logging.getLogger("map4.mixed")
T = TypeVar("T")

AHEAD_S = 6.0
"""A programme is rendered this far ahead of what listeners get, so that a busy machine is not heard."""
LEFT_S = 5.0
"""Players drop a connection and open another; encoding stops this long after the last listener has gone."""
PLANNED_S = 600.0
"""A whole set keeps its plan for this long, even if the library changes."""
NEXT_S = 3.0
"""The spare process of the next stream starts this long after the last one was taken, which needs the processor."""
_END_S = 2.0
_LOOK_S = 0.1
_MODULE = "map4.extras.mixed.streams.rendering"
_READERS = ThreadPoolExecutor(4, "map4-mixed")
"""Read files of sets only, so that a slow disk delays nothing else."""


async def in_reader(call: Callable[..., T], *given: object) -> T:
    """The result of a call in a thread that reads files of sets."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, call, *given)


class TooManyStreamsError(Map4Error):
    """The server has as many encodings or listeners as it is set to."""


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """Limits of a server; see the settings `mixed.…`."""

    encodings: int = 4
    listeners: int = 100
    cache_bytes: int = 5_000_000_000

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> StreamLimits:
        """The limits in settings by name."""
        usual = cls()
        return cls(
            encodings=config.get("mixed.encodings", usual.encodings),
            listeners=config.get("mixed.listeners", usual.listeners),
            cache_bytes=round(1e9 * config.get("mixed.cache_gb", usual.cache_bytes / 1e9)),
        )


class _Encoding:
    """A process that encodes, and the thread that hears it. For one event loop.

    listeners: connections by form
    connections: so far
    """

    def __init__(self, job: StreamJob, child: Callable[[], Child]) -> None:
        self._job, self._make = job, child
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Event()
        self._is_started = self.is_stopped = False
        self._child: Child | None = None
        self.listeners: Counter[str] = Counter()
        self.connections = 0
        self._thread = threading.Thread(target=self._run, name="map4-stream", daemon=True)

    def start(self) -> None:
        """Start the process, or wake it, since a form may be new."""
        if not self._is_started:
            self._is_started = True
            self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        """End the process, also while it plans or encodes."""
        self.is_stopped = True
        self._wake.set()
        if (child := self._child) is not None:
            child.kill()

    def join(self) -> None:
        """Wait until the process has ended."""
        if self._is_started:
            self._thread.join(_END_S)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            child = self._child = self._make()
            child.send(self._job)
            if not self.is_stopped:
                self._read(child)
        except ENDED as lost:
            error = Map4Error("the process that encodes was ended; play it again")
            error.__cause__ = lost
        except Exception as failed:  # of the process, or a mistake here: the streams end
            error = failed
        finally:
            if self._child is not None:
                self._child.end()
            self._clear()
            self._call(self._ended, error)

    def _clear(self) -> None:
        """Remove what an ended process left."""

    def _read(self, child: Child) -> None:
        raise NotImplementedError

    def _ended(self, error: BaseException | None) -> None:
        raise NotImplementedError

    def _call(self, function: Callable[..., object], *given: object) -> None:
        with suppress(RuntimeError):  # the loop may be closed
            self._loop.call_soon_threadsafe(function, *given)


class RunningProgramme(_Encoding):
    """An endless programme with its listeners."""

    def __init__(self, job: StreamJob, child: Callable[[], Child]) -> None:
        super().__init__(job, child)
        self.broadcast = Broadcast()

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that are heard."""
        return tuple(form for form, count in self.listeners.items() if count)

    def _read(self, child: Child) -> None:
        reported: tuple[str, ...] = ()
        while not self.is_stopped:
            forms = self.forms or reported
            if self.broadcast.lead_s() > AHEAD_S + BURST_S and forms == reported:
                self._wake.wait(_LOOK_S)
                self._wake.clear()
                continue
            child.send((forms, self.broadcast.now_s))
            reported = forms
            while (message := child.receive())[0] != "piece":
                if message[0] != "form":
                    raise message[1] if message[0] == "failed" else EOFError
                self._call(self.broadcast.put_form, *message[1])
            self._wait(message)

    def _wait(self, message: Message) -> None:
        """Add a piece, and wait until it is added, so that `lead_s` counts it."""
        done = threading.Event()

        def put() -> None:
            self.broadcast.put(message[1])
            done.set()

        self._call(put)
        done.wait(1.0)

    def _ended(self, error: BaseException | None) -> None:
        if error is not None and not self.is_stopped:
            log.warning("a programme ended: %s", type(error).__name__, extra={"mistake": error})
        self.broadcast.end(error)


class RunningSet(_Encoding):
    """A set in a file that grows until it is whole; it is read from its beginning meanwhile.

    path: of the unfinished file, then of the file
    size: bytes that can be read
    """

    def __init__(self, job: StreamJob, child: Callable[[], Child]) -> None:
        super().__init__(job, child)
        self.path, self.size, self.is_whole = "", 0, False
        self.made_at_s = time.monotonic()
        self._unfinished = ""
        self.error: BaseException | None = None
        self._tracks: list[tuple[float, OnAir]] = []
        self._places = [(0, 0.0)]
        self._news = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is encoded."""
        return self.is_whole or self.error is not None

    async def begun(self) -> None:
        """Wait for the first bytes.

        raises Exception: if the set can't be made, for this reason
        """
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

    def _clear(self) -> None:
        if self._unfinished:
            with suppress(OSError):
                os.unlink(self._unfinished)

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


class RunningStreams:
    """All programmes and sets of a server. For one event loop.

    library: arguments of `Library.open`
    """

    def __init__(
        self, limits: StreamLimits, library: Mapping[str, Any], child: Callable[[], Child] | None = None
    ) -> None:
        self._limits, self._library = limits, library
        self._make = child or (lambda: Child(command_of(_MODULE)))
        self._spare: Child | None = None
        self._listeners, self._is_closed = 0, False
        self._programmes: dict[str, RunningProgramme] = {}
        self._sets: dict[Hashable, RunningSet] = {}

    @contextmanager
    def programme(self, list_id: str, form: RadioForm, actor: Actor) -> Iterator[Broadcast]:
        """The programme of a list for another listener; it begins with the first, and stops after the last.

        raises TooManyStreamsError: if there are too many
        """
        running = self._programmes.get(list_id)
        if running is not None and running.broadcast.is_over:
            running = None
        with self._listening(is_new=running is None or form not in running.forms):
            if running is None:
                job = StreamJob(self._library, actor, list_id, _folder())
                running = self._programmes[list_id] = RunningProgramme(job, self._child())
            try:
                with _counted(running, form):
                    yield running.broadcast
            finally:
                self._leave(self._programmes, list_id, running)

    @contextmanager
    def set(self, list_id: str, form: SetForm, actor: Actor, options: MixedOptions) -> Iterator[RunningSet]:
        """A finished set for another listener; other listeners of the same set share its encoding.

        raises TooManyStreamsError: if there are too many
        """
        key = list_id, form, actor.rights, options
        running = self._sets.get(key)
        if running is not None and running.is_past():
            running = None
        with self._listening(is_new=running is None):
            if running is None:
                job = StreamJob(self._library, actor, list_id, _folder(), form, options, self._limits.cache_bytes)
                running = self._sets[key] = RunningSet(job, self._child())
            try:
                with _counted(running, form):
                    yield running
            finally:
                self._leave(self._sets, key, running)

    def expect(self) -> None:
        """Start a process for the next stream, which then begins within a second."""
        if self._spare is None and not self._is_closed:
            self._spare = self._make()

    def _child(self) -> Callable[[], Child]:
        """What gives a process to the thread that hears it: the spare one, which no other thread gets, or a new one."""
        spare, self._spare = self._spare, None
        asyncio.get_running_loop().call_later(NEXT_S, self.expect)
        return self._make if spare is None else lambda: spare if spare.is_running else self._make()

    def close(self) -> None:
        """End all processes, and wait for them."""
        self._is_closed = True
        running = (*self._programmes.values(), *self._sets.values())
        for each in running:
            each.stop()
        if self._spare is not None:
            self._spare.end()
        for each in running:
            each.join()

    @contextmanager
    def _listening(self, *, is_new: bool) -> Iterator[None]:
        if self._listeners >= self._limits.listeners:
            raise TooManyStreamsError(f"{self._limits.listeners} players listen already, the limit of this server")
        sets = sum(not running.is_over for running in self._sets.values())
        encodings = sets + sum(len(running.forms) for running in self._programmes.values())
        if is_new and encodings >= self._limits.encodings:
            raise TooManyStreamsError(f"{encodings} streams are encoded already, the limit of this server")
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1

    def _leave(self, others: dict[Any, Any], key: Hashable, running: _Encoding) -> None:
        """Stop an encoding if no listener comes back."""
        is_whole = isinstance(running, RunningSet) and running.is_whole
        number = running.connections

        def leave() -> None:
            if not running.listeners.total() and number == running.connections:
                running.stop()
                if others.get(key) is running:
                    del others[key]

        if not running.listeners.total():
            asyncio.get_running_loop().call_later(PLANNED_S if is_whole else LEFT_S, leave)


@contextmanager
def _counted(running: _Encoding, form: str) -> Iterator[None]:
    running.listeners[form] += 1
    running.connections += 1
    running.start()
    try:
        yield
    finally:
        running.listeners[form] -= 1


def was_played() -> bool:
    """Whether a programme was played on this machine before."""
    return os.path.isdir(os.path.join(_folder(), PLACES))


def _folder() -> str:
    return user_file("cache", "mixed")

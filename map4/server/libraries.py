"""The open libraries of a server: each thread has its own, and one of them alone writes."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence, Sized
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, Literal, TypeVar

from map4.errors import LibraryBusyError
from map4.library import Library
from map4.regular_files import file_number
from map4.server.settings import ServerSettings

Lane = Literal["quick", "read", "long", "worker", "write"]
"""Where a request is answered: where each takes a few ms, so that a track never waits behind searches; by one of
several readers; where it may take seconds; where it waits for a worker process; or by the one that writes."""

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Sized)

QUICK_THREADS = LONG_THREADS = WORKER_THREADS = 2
CLOSE_S = 2.0
"""A thread that takes longer to end is left to the end of the process: what it read is asked for by nobody."""
MOST_KEPT_BYTES = 32_000_000
"""Of answers that are kept for who asks the same again."""
MOST_WAITING = 2_000
"""Questions that wait for a thread of one lane; more would only take memory."""
MOST_KEPT_IDS = 1_000_000


class Libraries:
    """Threads with an open library each, for every lane."""

    def __init__(self, settings: ServerSettings) -> None:
        settings.open_library().close()  # made, or brought up to date, before anything is asked
        self._state = Library.state_of(settings.library)
        # Ids that queries found, by state and query: each page of an answer is a part of them.
        self.found_ids = Kept[tuple[str, str], Sequence[int]](MOST_KEPT_IDS)
        counts: dict[Lane, int] = {
            "quick": QUICK_THREADS,
            "read": settings.readers,
            "long": LONG_THREADS,
            "worker": WORKER_THREADS,
            "write": 1,
        }
        self._lanes = {lane: LibraryThreads(lane, count, settings.open_again) for lane, count in counts.items()}

    async def ask(self, work: Callable[[Library], T], *, lane: Lane = "read") -> T:
        """What `work` gives of an open library, in a thread of its lane."""
        if self._lanes[lane].waiting() >= MOST_WAITING:
            raise LibraryBusyError(f"{MOST_WAITING:,} questions wait already; ask again later")
        return await self._lanes[lane].ask(work)

    def state(self) -> str:
        """A word that changes whenever the library does, by whomever: a scan of the command line too."""
        return self._state.word()

    def waiting(self) -> dict[str, float]:
        """How many requests wait for a thread, by lane."""
        return {lane: threads.waiting() for lane, threads in self._lanes.items()}

    def close(self) -> None:
        """End the threads; see `LibraryThreads.close`."""
        self._state.close()  # first: the last one that closes the file puts its journal away, and this one only reads
        for threads in self._lanes.values():
            threads.close()


class LibraryThreads:
    """Threads that answer one after the other; each opens a library when it first needs one, and closes it itself."""

    def __init__(self, name: str, count: int, open_library: Callable[[], Library]) -> None:
        self._open = open_library
        self._waiting: SimpleQueue[tuple[Callable[[Library], Any], Future[Any]] | None] = SimpleQueue()
        self._is_closed = False
        # Not waited for when Python ends: one may be in a long computation that nobody needs any more.
        self._threads = [
            threading.Thread(target=self._run, name=f"map4-{name}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def ask(self, work: Callable[[Library], T]) -> T:
        """What `work` gives; where nobody waits for it any more before it is begun, it is not."""
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return await asyncio.wrap_future(future)

    def waiting(self) -> int:
        """How many wait for a thread."""
        return self._waiting.qsize()

    def close(self) -> None:
        """End the threads; what waits is not begun, and what runs is waited for a little while only."""
        self._is_closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(CLOSE_S)

    def _run(self) -> None:
        library: Library | None = None
        number = None
        while (item := self._waiting.get()) is not None:
            work, future = item
            if self._is_closed or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                if library is not None and file_number(library.path) != number:
                    library.close()  # another file was put in its place
                    library = None
                if library is None:
                    library = self._open()
                    number = file_number(library.path)
                future.set_result(work(library))
            except BaseException as error:  # told to whoever asked; the thread goes on
                future.set_exception(error)
        if library is not None:
            library.close()


class Kept(Generic[Key, Value]):
    """Values, the last used longest, up to a length in all. For any thread."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value of a key; None where it is not known."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._size += len(value)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])


class Answers:
    """Answers that are kept, by the library's state and what was asked.

    What is asked a second time while it is being answered waits for that answer. For one event loop.
    """

    def __init__(self) -> None:
        self._kept = Kept[str, bytes](MOST_KEPT_BYTES)
        self._coming: dict[str, asyncio.Future[bytes]] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer that is kept under a key, or else made, and kept."""
        if (kept := self._kept.get(key)) is not None:
            return kept
        if key not in self._coming:
            # A task of its own, so that one client who goes away ends it for no other.
            self._coming[key] = asyncio.ensure_future(make())
            self._coming[key].add_done_callback(partial(self._keep, key))
        return await asyncio.shield(self._coming[key])

    def _keep(self, key: str, done: asyncio.Future[bytes]) -> None:
        del self._coming[key]
        if not done.cancelled() and done.exception() is None:
            self._kept.put(key, done.result())

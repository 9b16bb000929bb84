"""The open libraries of a server: each thread has its own, and one of them alone writes."""

from __future__ import annotations

import asyncio
import threading
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Literal, TypeVar

from map4.errors import LibraryBusyError
from map4.library import Library
from map4.server.settings import ServerSettings

Lane = Literal["quick", "read", "long", "worker", "write"]
"""Where a request is answered: where each takes a few ms, so that a track never waits behind searches; by one of
several readers; where it may take seconds; where it waits for a worker process; or by the one that writes."""

T = TypeVar("T")

QUICK_THREADS = LONG_THREADS = WORKER_THREADS = 2
CLOSE_S = 2.0
"""A thread that takes longer to end is left to the end of the process: what it read is asked for by nobody."""
MOST_KEPT_BYTES = 32_000_000
"""Of answers that are kept for who asks the same again."""
MOST_WAITING = 2_000
"""Questions that wait for a thread of one lane; more would only take memory."""
MOST_KEPT_IDS = 1_000_000


class Libraries:
    """Threads with an open library each.

    Parameters
    ----------
    settings : which library, and how many readers
    """

    def __init__(self, settings: ServerSettings) -> None:
        settings.open_library().close()  # made, or brought up to date, before anything is asked
        self._state = Library.state_of(settings.library)
        self.found_ids = FoundIds()
        counts: dict[Lane, int] = {
            "quick": QUICK_THREADS,
            "read": settings.readers,
            "long": LONG_THREADS,
            "worker": WORKER_THREADS,
            "write": 1,
        }
        self._lanes = {
            lane: _Threads(lane, count, settings.open_library, self._state.generation) for lane, count in counts.items()
        }

    async def ask(self, work: Callable[[Library], T], *, lane: Lane = "read") -> T:
        """What `work` gives of an open library, in a thread of its lane.

        Raises
        ------
        LibraryBusyError
            If too many wait for one already.
        """
        if self._lanes[lane].waiting() >= MOST_WAITING:
            raise LibraryBusyError(f"{MOST_WAITING:,} questions wait already; ask again later")
        return await asyncio.wrap_future(self._lanes[lane].submit(work))

    def state(self) -> str:
        """A word that changes whenever the library does, by whomever: a scan of the command line too."""
        return self._state.word()

    def waiting(self) -> dict[str, float]:
        """How many requests wait for a thread, by lane."""
        return {lane: threads.waiting() for lane, threads in self._lanes.items()}

    def close(self) -> None:
        """End the threads; what waits is not begun, and what runs is waited for a little while only."""
        for threads in self._lanes.values():
            threads.close()
        self._state.close()


class _Threads:
    """The threads of one lane; each opens its library when it first needs it, and closes it itself."""

    def __init__(self, lane: Lane, count: int, open_library: Callable[[], Library], generation: Callable[[], int]):
        self._open, self._generation = open_library, generation
        self._waiting: SimpleQueue[tuple[Callable[[Library], Any], Future[Any]] | None] = SimpleQueue()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"map4-{lane}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Library], T]) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return future

    def waiting(self) -> int:
        return self._waiting.qsize()

    def _run(self) -> None:
        library: Library | None = None
        opened = -1
        while (item := self._waiting.get()) is not None:
            work, future = item
            if self._is_closed or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                if library is None or opened != self._generation():
                    if library is not None:
                        library.close()
                        library = None
                    opened, library = self._generation(), self._open()
                future.set_result(work(library))
            except BaseException as error:  # told to whoever asked; the thread goes on
                future.set_exception(error)
        if library is not None:
            library.close()

    def close(self) -> None:
        self._is_closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(CLOSE_S)


class FoundIds:
    """Ids that queries found, the last used longest: each page of an answer is a part of them. For any thread."""

    def __init__(self, most: int = MOST_KEPT_IDS) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[tuple[str, str], Sequence[int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, state: str, query: str) -> Sequence[int] | None:
        """What a query found in this state of the library; None where that is not known."""
        with self._lock:
            found = self._kept.get((state, query))
            if found is not None:
                self._kept.move_to_end((state, query))
            return found

    def keep(self, state: str, query: str, ids: Sequence[int]) -> None:
        """Keep what it found."""
        with self._lock:
            if (state, query) not in self._kept:
                self._kept[state, query] = array("q", ids)
                self._size += len(ids)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])


class Answers:
    """Answers that are kept, the last used longest, by the library's state and what was asked.

    What is asked a second time while it is being answered waits for that answer. For one event loop.
    """

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._coming: dict[str, asyncio.Future[bytes]] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer that is kept under a key, or else made, and kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key in self._coming:
            return await asyncio.shield(self._coming[key])
        # A task of its own, so that one client who goes away ends it for no other.
        coming = self._coming[key] = asyncio.ensure_future(make())
        coming.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(coming)

    def _keep(self, key: Any, done: asyncio.Future[bytes]) -> None:
        self._coming.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[key] = done.result()
        self._size += len(done.result())
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])

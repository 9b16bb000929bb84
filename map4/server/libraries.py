"""The open libraries of a server: one per thread, with a single writer."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any, Literal, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.loops import log_failure
from map4.core.music.plays import Play
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import Is
from map4.core.store.library_ref import SharedState
from map4.errors import LibraryBusyError, LibraryDamagedError, Map4Error, WrongCredentialError
from map4.library import Library
from map4.server.answers import EncodedTrack
from map4.server.caches import SingleFlight, SizedLru
from map4.server.library_process import Answer, LibraryProcess, return_freed_memory
from map4.server.settings import ServerSettings
from map4.server.uses import Uses

Queue = Literal["quick", "read", "files", "long", "single", "apart", "worker", "write"]
"""The queue of a request: `quick` for a few ms, so that a track never waits behind searches; `read` for several
readers; `files` for music files, whose drive may hang; `long` and `apart` for seconds (`apart` in separate processes);
`single` for seconds, one at a time, so that the threads of `long` stay free for shorter requests; `worker` to wait for
a worker process; `write` for the single writer, in whose turn the others store results."""

T = TypeVar("T")

QUICK_THREADS = LONG_THREADS = WORKER_THREADS = 2
FILES_THREADS = 4
CLOSE_S = 1.0
"""Seconds to wait for a thread at the end; the rest ends with the process."""
PATIENCE_S = 10.0
"""Seconds to wait for the library's state before it counts as unavailable."""
LARGE_S = 0.1
"""Seconds after which a request has used so much memory that it is worth returning."""
MOST_ENCODED_BYTES = 16_000_000
"""Maximum size of cached track records."""
MOST_WAITING = 2_000
"""Maximum number of requests waiting in a queue."""
MOST_CACHED_IDS = 4_000_000
"""Maximum number of cached ids, 8 bytes each: a few orders and query results of a million tracks."""
_OWN_NAMES = Play.FIELDS | {"rating", "energy", "year"}
"""Values that affect a query only if it names them or has an `is:` term."""


class _StateOnly:
    """Replaces a library if only its state is needed, which is known without opening it."""

    def identity(self) -> None:
        """None: a replaced library has another state anyway."""

    def acting_as(self, actor: Actor) -> _StateOnly:
        return self

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


Opened = Library | LibraryProcess | _StateOnly
"""An open library, or its proxy."""


class Libraries:
    """Threads for every queue, each with an open library; `answer` handles requests in separate processes."""

    def __init__(self, settings: ServerSettings, answer: Answer) -> None:
        with settings.open_library() as library:  # make or update it before the first request
            self._state, self.preferences = library.care.changes(), library.care.open_arguments["preferences"]
            self._address = library.path
        self._file = settings.library
        # Damage met by a request: its message, and the version of the library that had it.
        self._damage: tuple[str, object] | None = None
        self._open_again, self._require_there = settings.open_again, settings.require_there
        self.changes, self.uses = KnownChanges(self._state.word), Uses()
        # A library state, and its accounts without ratings and lists.
        self._alike: tuple[str, frozenset[int]] = "", frozenset()
        self._once = SingleFlight()
        # Ids of matches, by caller, query and limit, of the newest state; the pages of a result are parts of them.
        self.found_ids = SizedLru[tuple[Hashable, str, int | None], Sequence[int]](MOST_CACHED_IDS)
        # Field values for completions, by library state and caller of the last request.
        self.values: tuple[Hashable, dict[str, Sequence[tuple[str, int]]]] = None, {}
        # Track records by all their inputs and the caller; valid whatever else is written.
        self.encoded = SizedLru[bytes, EncodedTrack](MOST_ENCODED_BYTES)
        makers: dict[Queue, tuple[int, Callable[[], Opened]]] = {
            "quick": (QUICK_THREADS, self._taking_turns),
            "read": (settings.readers, self._taking_turns),
            "files": (FILES_THREADS, self._taking_turns),
            "long": (LONG_THREADS, self._taking_turns),
            "single": (1, self._taking_turns),
            "apart": (settings.apart, partial(LibraryProcess.begun, settings.open_again, settings, answer, self.turn)),
            "worker": (WORKER_THREADS, self._taking_turns),
            "write": (1, settings.open_again),
        }
        self._apart, self._is_expecting = settings.apart, False
        self._queues = {queue: LibraryThreads(queue, *way, failed=self._note) for queue, way in makers.items()}
        self._looking = LibraryThreads("state", 1, _StateOnly)
        self._unanswered: Future[Any] | None = None

    async def ask(self, work: Callable[[Any], T], actor: Actor, *, queue: Queue = "read") -> T:
        """Run `work` in a thread of the queue, with the library (or its proxy) as used by this actor.

        Cancelling it also ends its processes.
        """
        if queue == "write":
            await self.require_sound()
        if self._queues[queue].waiting() >= MOST_WAITING:
            raise LibraryBusyError(f"{MOST_WAITING:,} requests are waiting already; try again later")
        return await self._queues[queue].ask(partial(_done_as, actor, work, queue == "write"))

    def _note(self, error: Map4Error) -> None:
        """Add the library's address to an error, and remember damage."""
        if isinstance(error, LibraryDamagedError) and error.library == self._address:
            self._damage = str(error), self._version()
        error.library = error.library or self._address

    def _version(self) -> object:
        """Changes if the library is repaired, replaced, or written by another process."""
        word = file = None
        with suppress(Map4Error):
            word = self._state.word()
        with suppress(OSError):
            file = os.stat(self._file or "")
        return word, None if file is None else (file.st_ino, file.st_size, file.st_mtime_ns)

    async def require_sound(self) -> None:
        """Raise LibraryDamagedError if any request read damage; a changed library is read again."""
        if self._damage is not None:
            self._raise_damage(await self.with_timeout(self._version))

    def _raise_damage(self, version: object) -> None:
        if (damage := self._damage) is not None and damage[1] == version:
            raise LibraryDamagedError(damage[0]).of_library(self._address)
        self._damage = None

    async def ask_for_itself(self, work: Callable[[Any], T]) -> T:
        """Run `work` for the server itself, in the quick queue; fails early if the library does not respond."""
        await self.with_timeout(self.state)
        return await self.ask(work, Actor.LOCAL, queue="quick")

    async def as_anonymous(self, actor: Actor) -> Actor:
        """The actor for responses about tracks and lists: accounts without own data share an anonymous actor.

        The response then contains nothing of theirs, even if they rate a track at the same time.
        """
        state = await self.with_timeout(self.state)
        if state != self._alike[0]:
            ask = partial(self.ask, lambda library: library.accounts.without_own(), Actor.LOCAL, queue="quick")
            self._alike = state, await self._once.get(state, ask)
        return replace(Actor.ANONYMOUS, scopes=actor.scopes) if actor.id in self._alike[1] else actor

    def expect_questions(self) -> None:
        """Start the processes for slow requests in advance: this can take seconds on a busy machine."""
        if not self._is_expecting:
            self._is_expecting = True
            for _ in range(self._apart):  # each is taken by a waiting thread
                self._queues["apart"].put(LibraryProcess.start)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Pause the writer while another library writes. Not for the writer's own thread."""
        if self._damage is not None:
            self._raise_damage(self._version())
        begun, over = Future[None](), threading.Event()

        def wait(library: Library) -> None:
            begun.set_result(None)
            over.wait()

        self._queues["write"].put(wait).future.add_done_callback(lambda done: begun.cancel())
        try:
            begun.result()
            yield
        except CancelledError:
            raise LibraryBusyError("the library can't be written at the moment; try again") from None
        finally:
            over.set()

    def _taking_turns(self) -> Library:
        library = self._open_again()
        library.care.take_turns(self.turn)
        return library

    async def with_timeout(self, look: Callable[[], T]) -> T:
        """Call `look` for the library's state; for a database, which may not respond, in a separate thread."""
        if not self._state.is_remote:  # a thread would cost more than the call
            return look()
        if self._unanswered is None or self._unanswered.done():
            call = self._looking.put(lambda _: look()).future
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    return await asyncio.wrap_future(call)
            if not call.cancel():  # this call is running, not one before it
                self._unanswered = call
        raise LibraryBusyError("the library does not respond; check that its server runs, and try again later")

    def state(self) -> str:
        """A word that changes with every change of the library, by any process.

        In the event loop, call it through `with_timeout`.
        """
        try:
            return self._state.word()
        except Map4Error as error:
            self._require_there()
            self._note(error)
            raise

    @property
    def notifies(self) -> bool:
        """Whether `wait` returns as soon as any process writes."""
        return self._state.notifies

    def wait(self, limit_s: float) -> bool:
        """Wait up to `limit_s` for a write; return whether to check the state. Only in one thread."""
        return self._state.wait(limit_s)

    def shared_state(self) -> SharedState | None:
        """The state in the form shared by all servers of the library; None if unavailable."""
        with suppress(Map4Error, OSError):
            return self._state.shared()
        return None

    def waiting(self) -> dict[str, float]:
        return {queue: threads.waiting() for queue, threads in self._queues.items()}

    def opened(self) -> dict[str, int]:
        """Number of open connections to the store, by queue."""
        return {queue: threads.opened() for queue, threads in self._queues.items()}

    def close(self) -> None:
        """Stop the threads and their work, waiting at most `CLOSE_S` for each."""
        self._state.close()
        for threads in (*self._queues.values(), self._looking):
            threads.stop()
        until = time.monotonic() + CLOSE_S
        for threads in self._queues.values():
            threads.join(until)
        # The last writer that closes a file removes its journal; readers, killed processes and simultaneous closers
        # do not. So open and close the library and its jobs once more.
        with suppress(Map4Error), self._open_again() as library:
            library.jobs.page(limit=1)


def _done_as(actor: Actor, work: Callable[[Any], T], is_writing: bool, library: Any) -> T:
    """Run `work` as an actor; refuse writes by an account removed during the request."""
    if is_writing and actor.has_account and library.accounts.was_removed(actor.id):
        raise WrongCredentialError("this account was removed")
    return work(library.acting_as(actor))


class KnownChanges:
    """Tracks which library states are equivalent for a query, because the server only changed values that the query
    does not use. For any thread."""

    def __init__(self, word: Callable[[], str]) -> None:
        self._now = word
        self._lock = threading.Lock()
        # The last state word; the last word by others; counts of values set by the server since then.
        self._word, self._base, self._set = "", "", Counter[str]()
        self._before = (self._word, self._base, self._set)

    def word_for(self, query: Query) -> str:
        """A word that changes whenever the query's result may change."""
        conditions = (term.condition for group in query.groups for term in group)
        has_state = any(isinstance(condition, Is) for condition in conditions)
        return self.word_without(frozenset() if has_state else _OWN_NAMES - query.fields)

    def word_without(self, names: Collection[str]) -> str:
        """A word that changes whenever anything but these values may change."""
        with self._lock:
            if (word := self._now()) != self._word:
                self._before = (self._word, self._base, self._set)
                self._word, self._base, self._set = word, word, Counter()
            counts = [(name, n) for name, n in sorted(self._set.items()) if name not in names]
            return f"{self._base} {counts}"

    def state_of(self, actor: Actor, query: Query, form: str) -> str:
        """A digest of that word for an actor and the form of a query: the `state` of `map4/columns/1`."""
        text = repr((actor.rights, self.word_for(query), form))
        return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()

    @contextmanager
    def setting(self, library: Library, known: Iterable[str] = ()) -> Iterator[Callable[[Iterable[str]], object]]:
        """Wrap a change by this library; yields a function to report the names of the changed values, if not known."""
        names = set(known)
        others, before = library.care.changed_by_others(), self._now()
        yield names.update
        after = self._now()
        if library.care.changed_by_others() != others:
            return
        with self._lock:
            if self._word == after:  # a concurrent look-up attributed it to others
                self._word, self._base, self._set = self._before
            if self._word == before:
                self._word, self._set = after, self._set + Counter(names)


class _Task:
    """A task of a thread. After it is stopped, its library is not used again."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.future: Future[Any] = Future()
        self.is_stopped = False
        self._work = work
        self._library: Opened | None = None
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Stop the task, from any thread."""
        with self._lock:
            self.is_stopped = True
            if self._library is not None:
                self._library.stop()

    def done_with(self, library: Opened) -> Any:
        with self._lock:
            self._library = library
        try:
            if self.is_stopped:
                raise CancelledError
            return self._work(library)
        finally:
            with self._lock:
                self._library = None


class LibraryThreads:
    """Threads of one queue; each opens its library on first use and closes it. `failed` is called with each error."""

    def __init__(
        self,
        name: str,
        count: int,
        open_library: Callable[[], Opened],
        *,
        failed: Callable[[Map4Error], object] = lambda error: None,
    ) -> None:
        self._open, self._failed = open_library, failed
        self._waiting: SimpleQueue[_Task | None] = SimpleQueue()
        self._working: set[_Task] = set()
        self._is_closed = False
        self._opened: set[int] = set()  # threads that have a library open
        # Daemon threads: Python must not wait for long computations at exit.
        self._threads = [
            threading.Thread(target=self._run, name=f"map4-{name}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def ask(self, work: Callable[[Any], T]) -> T:
        """Run `work`; if cancelled, it is not started, or stopped."""
        call = self.put(work)
        try:
            return await asyncio.wrap_future(call.future)
        except asyncio.CancelledError:
            call.stop()
            raise

    def put(self, work: Callable[[Any], Any]) -> _Task:
        call = _Task(work)
        self._waiting.put(call)
        return call

    def waiting(self) -> int:
        return self._waiting.qsize()

    def opened(self) -> int:
        return len(self._opened)

    def close(self) -> None:
        """Stop the threads and their work."""
        self.stop()
        self.join(time.monotonic() + CLOSE_S)

    def stop(self) -> None:
        """Drop waiting tasks and stop running ones."""
        self._is_closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for call in list(self._working):
            call.stop()

    def join(self, until: float) -> None:
        """Wait for the threads until a time of the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        library: Opened | None = None
        identity: Hashable = None
        again: _Task | None = None
        while (call := again or self._waiting.get()) is not None:
            again = None
            self._working.add(call)
            if self._is_closed or not call.future.set_running_or_notify_cancel():
                call.future.cancel()
                self._working.discard(call)
                continue
            began = time.monotonic()
            try:
                if library is not None and library.identity() != identity:
                    _close(library)  # it was replaced
                    library = None
                if library is None:
                    library = self._open()
                    self._opened.add(threading.get_ident())
                    identity = library.identity()
                call.future.set_result(call.done_with(library))
            except BaseException as error:  # passed to the caller; the thread continues
                if isinstance(error, Map4Error):
                    self._failed(error)
                call.future.set_exception(error)
            self._working.discard(call)
            if call.is_stopped and library is not None:
                _close(library)
                library = None
                self._opened.discard(threading.get_ident())
                again = _Task(lambda library: None)  # open the next library now, not at the next request
            call = None  # its result may be large, and the next call may be long in coming
            if time.monotonic() - began > LARGE_S:
                return_freed_memory()
        if library is not None:
            _close(library)


def _close(library: Opened) -> None:
    try:
        library.close()
    except Exception as error:  # the thread continues with another
        log_failure("server", error)

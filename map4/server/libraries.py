"""The open libraries of a server: each thread has its own, and they write one after the other."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any, Literal, Protocol, TypeVar

from map4.base.actor import LOCAL, NOBODY, Actor
from map4.errors import LibraryBusyError, Map4Error, WrongCredentialError
from map4.library import Library
from map4.music.query.parser import Query
from map4.music.query.terms import Is
from map4.server.answers import EncodedTrack
from map4.server.kept import Kept, Once
from map4.server.library_process import Answer, LibraryProcess
from map4.server.settings import ServerSettings
from map4.server.uses import Uses
from map4.store.place import SharedState

Queue = Literal["quick", "read", "long", "apart", "worker", "write"]
"""Where a request is answered: where each takes a few ms, so that a track never waits behind searches; by one of
several readers; where it may take seconds, which a server does in processes apart; where it waits for a worker process;
or by the one that writes, in whose turn the others write what an answer keeps."""

T = TypeVar("T")

QUICK_THREADS = LONG_THREADS = WORKER_THREADS = 2
CLOSE_S = 1.0
"""A thread that takes longer to end is left to the end of the process: what it read is asked for by nobody."""
PATIENCE_S = 10.0
"""A library that does not say in this time in which state it is says nothing else either."""
MOST_ENCODED_BYTES = 48_000_000
"""Of records of tracks."""
MOST_WAITING = 2_000
"""Questions that wait for a thread of one queue; more would only take memory."""
MOST_KEPT_IDS = 6_000_000
"""Of 8 bytes: of a million tracks some orders, and what some queries found."""
_ALONE = frozenset({"rating", "energy", "year"})
"""Values that a query depends on only where it names them, or asks what was set at all."""


class Opened(Protocol):
    """A library that is open, or what stands for it."""

    def identity(self) -> Hashable:
        """What tells the library that stands there now from another that was put in its place."""

    def acting_as(self, actor: Actor) -> Any:
        """The same as this actor uses it."""

    def stop(self) -> None:
        """End what is worked on, from any thread; it is closed then, and another one opened."""

    def close(self) -> None:
        """Let go of it."""


class _StateAlone:
    """Stands for a library where only its state is asked, which is known without opening it."""

    def identity(self) -> None:
        """Another one that was put in its place is another state."""

    def acting_as(self, actor: Actor) -> _StateAlone:
        return self

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


class Libraries:
    """Threads with an open library each, for every queue; `answer` gives what a process apart is asked for."""

    def __init__(self, settings: ServerSettings, answer: Answer) -> None:
        with settings.open_library() as library:  # made, or brought up to date, before anything is asked
            self._state, self.preferences = library.care.changes(), library.care.ways["preferences"]
        self._open_again, self._require_there = settings.open_again, settings.require_there
        self.changes, self.uses = KnownChanges(self._state.word), Uses()
        # In which state who has no ratings and no lists.
        self._alike: tuple[str, frozenset[int]] = "", frozenset()
        self._once = Once()
        # Ids that queries found, by who asked, state, query and how many were wanted: each page of an answer is a part
        # of them.
        self.found_ids = Kept[tuple[Hashable, str, str, int | None], Sequence[int]](MOST_KEPT_IDS)
        # Values of fields, which completions are taken from: of the last state that anybody typed in, for whom.
        self.values: tuple[Hashable, dict[str, Sequence[tuple[str, int]]]] = None, {}
        # Records by all that the track is read from, for whom too: they hold whatever else is written to the library.
        self.encoded = Kept[bytes, EncodedTrack](MOST_ENCODED_BYTES)
        ways: dict[Queue, tuple[int, Callable[[], Opened]]] = {
            "quick": (QUICK_THREADS, self._taking_turns),
            "read": (settings.readers, self._taking_turns),
            "long": (LONG_THREADS, self._taking_turns),
            "apart": (settings.apart, partial(LibraryProcess.begun, settings.open_again, settings, answer, self.turn)),
            "worker": (WORKER_THREADS, self._taking_turns),
            "write": (1, settings.open_again),
        }
        self._apart, self._is_expecting = settings.apart, False
        self._queues = {queue: LibraryThreads(queue, *way) for queue, way in ways.items()}
        self._looking = LibraryThreads("state", 1, _StateAlone)
        self._unanswered: Future[Any] | None = None

    async def ask(self, work: Callable[[Any], T], actor: Actor, *, queue: Queue = "read") -> T:
        """What `work` gives, in a thread of its queue, of a library as this actor uses it, or of what stands for it.

        Where that is cancelled, what runs for it in processes is ended.
        """
        if self._queues[queue].waiting() >= MOST_WAITING:
            raise LibraryBusyError(f"{MOST_WAITING:,} questions wait already; ask again later")
        return await self._queues[queue].ask(partial(_done_as, actor, work, queue == "write"))

    async def ask_for_itself(self, work: Callable[[Any], T]) -> T:
        """What `work` gives the server itself, in the quick queue; not waited for where the library gives no answer.

        raises LibraryBusyError: as `looked`
        """
        await self.looked(self.state)
        return await self.ask(work, LOCAL, queue="quick")

    async def told_as(self, actor: Actor) -> Actor:
        """For whom an answer about tracks and lists is made: who has none of their own is told what anybody is.

        So nothing of theirs can be in it, also where they rate something just now.
        """
        state = await self.looked(self.state)
        if state != self._alike[0]:
            ask = partial(self.ask, lambda library: library.accounts.without_own(), LOCAL, queue="quick")
            self._alike = state, await self._once.get(state, ask)
        return replace(NOBODY, scopes=actor.scopes) if actor.id in self._alike[1] else actor

    def expect_questions(self) -> None:
        """Begin the processes for what takes long before it is first asked: a busy machine needs seconds for that."""
        if not self._is_expecting:
            self._is_expecting = True
            for _ in range(self._apart):  # each is taken by a thread that waits
                self._queues["apart"].put(LibraryProcess.start)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While another library writes, the one that writes waits. Not for its own thread."""
        begun, over = Future[None](), threading.Event()

        def wait(library: Library) -> None:
            begun.set_result(None)
            over.wait()

        self._queues["write"].put(wait).add_done_callback(lambda done: begun.cancel())
        try:
            begun.result()
            yield
        except CancelledError:
            raise LibraryBusyError("the library can't be written just now; ask again") from None
        finally:
            over.set()

    def _taking_turns(self) -> Library:
        library = self._open_again()
        library.care.take_turns(self.turn)
        return library

    async def looked(self, look: Callable[[], T]) -> T:
        """What `look` says of the library's state; of a database, which may never answer, in a thread of its own.

        raises LibraryBusyError: after `PATIENCE_S`, and then at once until an answer has come
        """
        if not self._state.is_asked:  # a thread would cost more than the answer
            return look()
        if self._unanswered is None or self._unanswered.done():
            asked = self._looking.put(lambda _: look())
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    return await asyncio.wrap_future(asked)
            if not asked.cancel():  # it is this one that waits, and no other before it
                self._unanswered = asked
        raise LibraryBusyError("the library gives no answer; see that its server runs, and ask again later")

    def state(self) -> str:
        """A word that changes whenever the library does, by whomever: a scan of the command line too.

        In the event loop it is `looked` for.
        """
        try:
            return self._state.word()
        except Map4Error:
            self._require_there()
            raise

    @property
    def is_told(self) -> bool:
        """Whether `wait` ends as soon as anybody has written."""
        return self._state.is_told

    def wait(self, limit_s: float) -> bool:
        """Wait so long, or until somebody has written; gives whether one should look. In one thread alone."""
        return self._state.wait(limit_s)

    def shared_state(self) -> SharedState | None:
        """The same as every server of this library says it; None where it can't be told."""
        with suppress(Map4Error, OSError):
            return self._state.shared()
        return None

    def waiting(self) -> dict[str, float]:
        return {queue: threads.waiting() for queue, threads in self._queues.items()}

    def opened(self) -> dict[str, int]:
        """How many connections to the store are open, by queue."""
        return {queue: threads.opened() for queue, threads in self._queues.items()}

    def close(self) -> None:
        """End the threads and what runs for them; none is waited for longer than `CLOSE_S`."""
        self._state.close()
        for threads in (*self._queues.values(), self._looking):
            threads.stop()
        until = time.monotonic() + CLOSE_S
        for threads in self._queues.values():
            threads.join(until)
        # Who closes a file last puts its journal away; one that only reads, was ended apart, or closes it at the same
        # moment as another, does not. So of the library as of its jobs.
        with suppress(Map4Error), self._open_again() as library:
            library.jobs.page(limit=1)


def _done_as(actor: Actor, work: Callable[[Any], T], is_writing: bool, library: Any) -> T:
    """What an actor does; nothing more is kept of whose account was removed while they asked."""
    if is_writing and actor.has_account and library.accounts.was_removed(actor.id):
        raise WrongCredentialError("this account was removed")
    return work(library.acting_as(actor))


class KnownChanges:
    """Which states of the library are the same to a query, as the server itself changed nothing in between but values
    that the query does not ask for. For any thread."""

    def __init__(self, word: Callable[[], str]) -> None:
        self._now = word
        self._lock = threading.Lock()
        # The last word that was seen; the one that others left, and what the server set since, by name.
        self._word, self._base, self._set = "", "", Counter[str]()
        self._before = (self._word, self._base, self._set)

    def word_for(self, query: Query) -> str:
        """Changes whenever other tracks may match the query, or in another order."""
        with self._lock:
            if (word := self._now()) != self._word:
                self._before = (self._word, self._base, self._set)
                self._word, self._base, self._set = word, word, Counter()
            conditions = (term.condition for group in query.groups for term in group)
            asks_state = any(isinstance(condition, Is) for condition in conditions)
            counts = [(name, n) for name, n in sorted(self._set.items()) if asks_state or name in query.fields]
            return f"{self._base} {counts}"

    @contextmanager
    def setting(self, library: Library) -> Iterator[Callable[[Iterable[str]], object]]:
        """Around a change by this library, which is to say the names of the values that it set."""
        names = set[str]()
        others, before = library.care.changed_by_others(), self._now()
        yield names.update
        after = self._now()
        if not names <= _ALONE or library.care.changed_by_others() != others:
            return
        with self._lock:
            if self._word == after:  # somebody looked just now, and took it for the work of others
                self._word, self._base, self._set = self._before
            if self._word == before:
                self._word, self._set = after, self._set + Counter(names)


class _Asked:
    """What a thread is asked to do. Of a library that was stopped for it, nothing more is asked."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.future: Future[Any] = Future()
        self.is_stopped = False
        self._work = work
        self._library: Opened | None = None
        self._lock = threading.Lock()

    def stop(self) -> None:
        """From any thread."""
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
    """Threads that answer one after the other; each opens a library when it first needs one, and closes it itself."""

    def __init__(self, name: str, count: int, open_library: Callable[[], Opened]) -> None:
        self._open = open_library
        self._waiting: SimpleQueue[_Asked | None] = SimpleQueue()
        self._working: set[_Asked] = set()
        self._is_closed = False
        self._opened: set[int] = set()  # threads that have a library open
        # Not waited for when Python ends: one may be in a long computation that nobody needs any more.
        self._threads = [
            threading.Thread(target=self._run, name=f"map4-{name}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def ask(self, work: Callable[[Any], T]) -> T:
        """What `work` gives; where nobody waits for it any more, it is not begun, or stopped."""
        asked = self._put(work)
        try:
            return await asyncio.wrap_future(asked.future)
        except asyncio.CancelledError:
            asked.stop()
            raise

    def put(self, work: Callable[[Any], T]) -> Future[T]:
        return self._put(work).future

    def waiting(self) -> int:
        return self._waiting.qsize()

    def opened(self) -> int:
        return len(self._opened)

    def close(self) -> None:
        """End the threads and what runs for them."""
        self.stop()
        self.join(time.monotonic() + CLOSE_S)

    def stop(self) -> None:
        """Begin nothing that waits, and stop what runs."""
        self._is_closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for asked in list(self._working):
            asked.stop()

    def join(self, until: float) -> None:
        """Wait for the threads up to a time of the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _put(self, work: Callable[[Any], Any]) -> _Asked:
        asked = _Asked(work)
        self._waiting.put(asked)
        return asked

    def _run(self) -> None:
        library: Opened | None = None
        identity: Hashable = None
        again: _Asked | None = None
        while (asked := again or self._waiting.get()) is not None:
            again = None
            self._working.add(asked)
            if self._is_closed or not asked.future.set_running_or_notify_cancel():
                asked.future.cancel()
                self._working.discard(asked)
                continue
            try:
                if library is not None and library.identity() != identity:
                    library.close()  # another one was put in its place
                    library = None
                if library is None:
                    library = self._open()
                    self._opened.add(threading.get_ident())
                    identity = library.identity()
                asked.future.set_result(asked.done_with(library))
            except BaseException as error:  # told to whoever asked; the thread goes on
                asked.future.set_exception(error)
            self._working.discard(asked)
            if asked.is_stopped and library is not None:
                library.close()
                library = None
                self._opened.discard(threading.get_ident())
                again = _Asked(lambda library: None)  # another one is opened now, not when somebody waits for it
        if library is not None:
            library.close()

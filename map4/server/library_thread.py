"""One library in one thread, asked from an event loop; what is no longer wanted is ended."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from map4.library import Library
from map4.plugins import Lane, LaneFactory, process_lanes
from map4.regular_files import file_number

T = TypeVar("T")
OpenLibrary = Callable[[LaneFactory], Library]
"""Opens the library with these lanes."""

GRACE_S = 1.0
"""So long a question that runs may take to end, once nobody waits for it."""


class NotWantedError(Exception):
    """Whoever asked does not wait for the answer any more."""


class Question:
    """One question to the library: whether it is still wanted, and the workers that are at it.

    Parameters
    ----------
    lanes : makes the lanes that its jobs run in
    """

    def __init__(self, lanes: LaneFactory) -> None:
        self._make_lanes = lanes
        self._lanes: list[Lane] = []
        self.is_wanted = True

    def check(self) -> None:
        """Raise NotWantedError where the answer is not wanted any more."""
        if not self.is_wanted:
            raise NotWantedError

    def end(self) -> None:
        """Nobody wants the answer: end the workers, whatever they are at."""
        self.is_wanted = False
        for lane in tuple(self._lanes):
            lane.kill()

    def lanes(self, count: int) -> Sequence[Lane]:
        """Lanes that take no job any more once the answer is not wanted."""
        made = [_WantedLane(lane, self) for lane in self._make_lanes(count)]
        self._lanes += made
        return made


class _WantedLane:
    def __init__(self, lane: Lane, question: Question) -> None:
        self._lane = lane
        self._question = question

    @property
    def start_up_s(self) -> float:
        return self._lane.start_up_s

    def submit(self, job: Any, timeout_s: float) -> Future[Any]:
        self._question.check()
        future = self._lane.submit(job, timeout_s)
        if not self._question.is_wanted:  # in this moment
            self._lane.kill()
        return future

    def kill(self) -> None:
        self._lane.kill()

    def close(self) -> None:
        self._lane.close()


class LibraryThread:
    """A library that is opened and asked in a thread of its own, one question after the other.

    Parameters
    ----------
    opened : opens the library; called at the first question, and again at the next one where that fails
    lanes : makes the lanes that files are analysed in
    """

    def __init__(self, opened: OpenLibrary, *, lanes: LaneFactory = process_lanes) -> None:
        self._open = opened
        self._make_lanes = lanes
        self._library: Library | None = None
        self._number: tuple[int, int] | None = None
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._now: Question | None = None
        # Not waited for when Python ends: it may be in a long computation that nobody needs any more.
        self._thread = threading.Thread(target=self._run, name="map4 library", daemon=True)
        self._thread.start()

    async def ask(self, work: Callable[[Library, Question], T]) -> T:
        """What `work` gives; if the task is cancelled, workers are ended, and it is told to end."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        question = Question(self._make_lanes)

        def settle(result: T | None, error: BaseException | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(result)  # type: ignore[arg-type]

        def answered() -> None:
            result, error = None, None
            try:
                question.check()
                self._now = question
                result = work(self._opened(), question)
            except BaseException as caught:
                error = caught
            self._now = None
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, result, error)

        self._asked.put(answered)
        try:
            return await answer
        except asyncio.CancelledError:
            question.end()
            raise

    def close(self) -> None:
        """End what runs, close the library, and wait a moment for both."""
        self._asked.put(None)
        if (now := self._now) is not None:
            now.end()
        self._thread.join(GRACE_S)

    def _opened(self) -> Library:
        if self._library is not None and file_number(self._library.path) != self._number:
            self._library.close()  # another file was put in its place
            self._library = None
        if self._library is None:
            self._library = self._open(self._lanes_now)
            self._number = file_number(self._library.path)
        return self._library

    def _lanes_now(self, count: int) -> Sequence[Lane]:
        assert self._now is not None
        return self._now.lanes(count)

    def _run(self) -> None:
        while (answered := self._asked.get()) is not None:
            answered()
        if self._library is not None:
            self._library.close()

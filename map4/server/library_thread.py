"""One library in one thread, asked from an event loop; what is no longer wanted is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from map4.library import Library
from map4.plugins import Lane, LaneFactory, process_lanes
from map4.server.libraries import LibraryThreads

T = TypeVar("T")
LibraryOpener = Callable[[LaneFactory], Library]
"""Opens the library with these lanes."""


class NotWantedError(Exception):
    """Whoever asked does not wait for the answer any more."""


class LibraryCall:
    """One question to the library: whether it is still wanted, and the workers that are at it."""

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
    def __init__(self, lane: Lane, question: LibraryCall) -> None:
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
    """A library that is asked in a thread of its own, one question after the other; `lanes` makes its lanes."""

    def __init__(self, opened: LibraryOpener, *, lanes: LaneFactory = process_lanes) -> None:
        self._make_lanes = lanes
        self._now: LibraryCall | None = None
        self._threads = LibraryThreads("library", 1, lambda: opened(self._lanes_now))

    async def ask(self, work: Callable[[Library, LibraryCall], T]) -> T:
        """What `work` gives; if the task is cancelled, workers are ended, and it is told to end."""
        question = LibraryCall(self._make_lanes)

        def answer(library: Library) -> T:
            question.check()
            self._now = question
            try:
                return work(library, question)
            finally:
                self._now = None

        try:
            return await self._threads.ask(answer)
        except asyncio.CancelledError:
            question.end()
            raise

    def close(self) -> None:
        """End what runs, close the library, and wait a moment for both."""
        if (now := self._now) is not None:
            now.end()
        self._threads.close()

    def _lanes_now(self, count: int) -> Sequence[Lane]:
        assert self._now is not None
        return self._now.lanes(count)

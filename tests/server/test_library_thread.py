"""One library in one thread: questions one after the other, and what ends them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from map4.errors import NothingFoundError
from map4.library import Library
from map4.plugins import ExecutorLane, LaneFactory, inline_lanes
from map4.server.library_thread import LibraryCall, LibraryThread, NotWantedError


class Lanes:
    """Makes lanes, and counts those that were killed."""

    def __init__(self) -> None:
        self.killed = 0
        self.is_killed = threading.Event()

    def __call__(self, count: int) -> list[Any]:
        [lane] = inline_lanes(count)
        assert isinstance(lane, ExecutorLane)
        real = lane.kill

        def kill() -> None:
            self.killed += 1
            self.is_killed.set()
            real()

        lane.kill = kill  # type: ignore[method-assign]
        return [lane]


@pytest.fixture
def lanes() -> Lanes:
    return Lanes()


@pytest.fixture
def thread(tmp_path: Path, lanes: Lanes) -> Iterator[LibraryThread]:
    path = tmp_path / "library.map4"

    def opened(factory: LaneFactory) -> Library:
        return Library.open(path, lanes=factory)

    made = LibraryThread(opened, lanes=lanes)
    yield made
    made.close()


def test_each_question_has_its_turn_in_the_same_thread(thread: LibraryThread) -> None:
    async def ask() -> list[Any]:
        asked = (thread.ask(lambda library, _: (threading.get_ident(), library)) for _ in range(3))
        return await asyncio.gather(*asked)

    found = asyncio.run(ask())
    assert len({*found}) == 1
    assert found[0][0] != threading.get_ident()


def test_an_error_is_given_to_whoever_asked(thread: LibraryThread) -> None:
    def fail(library: Library, question: LibraryCall) -> None:
        raise NothingFoundError("nothing")

    with pytest.raises(NothingFoundError, match="nothing"):
        asyncio.run(thread.ask(fail))
    assert asyncio.run(thread.ask(lambda library, _: library.count())) == 0


def test_a_question_that_is_not_wanted_any_more_loses_its_lanes_and_the_next_is_answered(
    thread: LibraryThread, lanes: Lanes
) -> None:
    began, ended, seen = threading.Event(), threading.Event(), []

    def work(library: Library, question: LibraryCall) -> None:
        [lane] = question.lanes(1)
        began.set()
        assert ended.wait(20)
        for refuse in (question.check, lambda: lane.submit(None, 1.0)):  # type: ignore[arg-type]
            try:
                refuse()
            except NotWantedError:
                seen.append("not wanted")

    async def ask() -> int:
        asked = asyncio.create_task(thread.ask(work))
        waiting = asyncio.create_task(thread.ask(lambda library, _: seen.append("begun")))
        await asyncio.to_thread(began.wait, 20)
        waiting.cancel()
        asked.cancel()
        await asyncio.gather(asked, waiting, return_exceptions=True)
        ended.set()
        return await thread.ask(lambda library, _: library.count())

    assert asyncio.run(ask()) == 0
    assert (seen, lanes.killed) == (["not wanted", "not wanted"], 1)  # what only waited was never begun


def test_closing_it_ends_what_runs(thread: LibraryThread, lanes: Lanes) -> None:
    began, refused = threading.Event(), threading.Event()

    def work(library: Library, question: LibraryCall) -> None:
        question.lanes(1)
        began.set()
        assert lanes.is_killed.wait(20)
        refused.set()

    async def ask() -> None:
        asked = asyncio.create_task(thread.ask(work))
        await asyncio.to_thread(began.wait, 20)
        thread.close()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    asyncio.run(ask())
    assert refused.is_set()
    assert lanes.killed >= 1

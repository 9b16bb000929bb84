"""Loops that last: no error ends them, and a row of equal errors is logged once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from map4.core.base.loops import repeat, repeat_async
from map4.errors import LibraryBusyError

TURNS = (
    KeyError("secret"), KeyError("secret"), None, KeyError("secret"), OSError(28, "No space left on device", "secret"),
    LibraryBusyError("secret"), None,
)  # fmt: skip
LOGGED = [
    "tidying: KeyError", "tidying: KeyError", "tidying: No space left on device", "tidying: library-busy",
]  # fmt: skip


def _in_thread(turns: Iterator[Exception | None]) -> None:
    is_over = threading.Event()

    def turn() -> None:
        if (error := next(turns, is_over)) is is_over:
            is_over.set()
        elif isinstance(error, Exception):
            raise error

    thread = threading.Thread(target=repeat, args=("tidying", turn, is_over), kwargs={"pause_s": 0.0})
    thread.start()
    thread.join()


def _in_event_loop(turns: Iterator[Exception | None]) -> None:
    async def turn() -> None:
        error = next(turns, asyncio.CancelledError())
        if error is not None:
            raise error

    with suppress(asyncio.CancelledError):
        asyncio.run(repeat_async("tidying", turn, pause_s=0.0))


@pytest.mark.parametrize("run", [_in_thread, _in_event_loop])
def test_loop_logs_errors_without_names_and_continues(
    run: Callable[[Iterator[Exception | None]], None], caplog: pytest.LogCaptureFixture
) -> None:
    turns = iter(TURNS)
    run(turns)
    assert list(turns) == []
    assert caplog.messages == LOGGED

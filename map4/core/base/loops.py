"""Loops that last as long as a program: an error of a turn is logged, and the loop continues after a pause."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

from map4.errors import Map4Error, kind_of

PAUSE_S = 1.0


def repeat(name: str, turn: Callable[[], object], is_over: threading.Event, *, pause_s: float = PAUSE_S) -> None:
    """Call `turn` until `is_over`, in this thread; the log calls the loop `name`."""
    failed: str | None = None
    while not is_over.is_set():
        try:
            turn()
            failed = None
        except Exception as error:  # without the loop, the program would seem to work
            failed = log_failure(name, error, failed)
            is_over.wait(pause_s)


async def repeat_async(name: str, turn: Callable[[], Awaitable[object]], *, pause_s: float = PAUSE_S) -> None:
    """Await `turn` until this is cancelled; see `repeat`."""
    failed: str | None = None
    while True:
        try:
            await turn()
            failed = None
        except Exception as error:
            failed = log_failure(name, error, failed)
            await asyncio.sleep(pause_s)


def log_failure(name: str, error: Exception, last: str | None = None) -> str:
    """Log an error, unless it is like the last one; returns its kind.

    A message may contain names of files, so it is logged only at debug level.
    """
    kind = kind_of(error) if isinstance(error, Map4Error) else getattr(error, "strerror", None) or type(error).__name__
    if kind != last:
        log = logging.getLogger(f"map4.{name}")
        log.error("%s: %s", name, kind, extra={"mistake": error})
        log.debug("traceback of the error", exc_info=error)
    return kind

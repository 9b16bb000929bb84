"""Delay signals between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred_signals(on_signal: Callable[[], object] | None = None) -> Iterator[None]:
    """Defer Ctrl-C and other signals until a process that is being started is known, so that it can be ended.

    on_signal: called at once for each signal, to shorten the wait
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt only the main thread
        return
    caught: list[int] = []

    def catch(number: int, frame: object) -> None:
        caught.append(number)
        if on_signal is not None:
            on_signal()

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    handlers = {number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
    for number in handlers:
        signal.signal(number, catch)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in caught:
            signal.raise_signal(number)

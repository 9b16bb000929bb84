"""Read single keys from the terminal as they are pressed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

_MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key, and when it was pressed, in seconds on a monotonic clock."""

    END: ClassVar[str] = "\x04"
    """Ctrl-D, and the value of a closed terminal."""

    key: str
    at_s: float

    @staticmethod
    @contextlib.contextmanager
    def each() -> Iterator[Iterator[KeyPress]]:
        """Yield keys of the terminal on stdin, without Enter and without echo; Ctrl-C ends the command as usual.

        The terminal is always restored at the end. Unread input is discarded.
        """
        if sys.platform == "win32":
            yield _windows_keys()
            return
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        # The shell resets the terminal when Ctrl-Z stops the command and `fg` continues it.
        continued = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(terminal, termios.TCSANOW))
        try:
            tty.setcbreak(terminal, termios.TCSANOW)
            yield _terminal_keys(terminal)
        finally:
            signal.signal(signal.SIGCONT, continued)
            with contextlib.suppress(termios.error, OSError):  # it has gone
                termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _terminal_keys(terminal: int) -> Iterator[KeyPress]:
    while True:
        try:
            data = os.read(terminal, _MOST_AT_ONCE)
        except OSError:  # the terminal is closed
            data = b""
        at_s = time.monotonic()
        if not data:
            yield KeyPress(KeyPress.END, at_s)
            return
        if data.startswith(b"\x1b"):  # an arrow key or similar, sent as several characters
            continue
        for letter in data.decode("utf-8", "replace"):
            yield KeyPress(letter, at_s)


def _windows_keys() -> Iterator[KeyPress]:
    import msvcrt

    while True:
        letter: str = msvcrt.getwch()  # type: ignore[attr-defined, unused-ignore]
        at_s = time.monotonic()
        if letter == "\x03":
            raise KeyboardInterrupt
        yield KeyPress(letter, at_s)

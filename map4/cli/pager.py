"""A pager for output that is longer than the terminal, by git's rules."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from map4.cli.help import command_named
from map4.cli.streams import DataStream

if TYPE_CHECKING:
    import subprocess

_HELP = {"-h", "--help", "--help-all"}
_PICTURE = b"\x1b_G"  # of kitty, which pagers can't show


class Pager:
    """Holds output back until it fills the screen, and then sends it all to a pager.

    What goes to stderr meanwhile is kept in order. If the user quits the pager, the command still finishes.
    """

    def __init__(self, command: str, size: os.terminal_size) -> None:
        self._command = command
        self._held = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._size = size
        self._stdout, self._stderr = _raw(sys.stdout), _raw(sys.stderr)
        self._stdout.through = self._write
        if sys.stderr.isatty():
            self._stderr.through = self._write_talk

    def _write(self, data: bytes) -> None:
        if self._process is None:
            self._held += data
            if _PICTURE in self._held:
                self.end()
            elif (
                self._held.count(b"\n") < self._size.lines - 1
                and len(self._held) < self._size.lines * self._size.columns
            ):
                return
            else:
                self._start()
        elif self._process.stdin is not None:
            with contextlib.suppress(OSError):  # the user has quit it
                self._process.stdin.write(data)
                self._process.stdin.flush()

    def _write_talk(self, data: bytes) -> None:
        if self._process is not None:
            return self._write(data)
        self._release()
        self._stderr.put(data)
        return None

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._stdout.put(held)

    def _start(self) -> None:
        import subprocess

        try:
            self._process = subprocess.Popen(
                self._command, shell=True, stdin=subprocess.PIPE, env={"LESS": "FRX", "LV": "-c", **os.environ}
            )
        except OSError:
            self.end()
        else:
            held, self._held = self._held, b""
            self._write(held)

    def end(self) -> None:
        """Print what is held back, or wait until the user quits the pager; later output is not paged."""
        if self._stdout.through is None:
            return
        self._stdout.through = self._stderr.through = None
        self._release()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.communicate()


def _raw(stream: Any) -> Any:
    """Return the stream below the buffer; a Windows console has no `DataStream` there."""
    return stream.buffer.raw


_pagers: list[Pager] = []


def start_pager(arguments: Sequence[str]) -> None:
    """Send long output to a pager if stdout is a terminal and the command only shows something."""
    if "--no-pager" in arguments or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return
    import shutil

    command = os.environ.get("MAP4_PAGER", os.environ.get("PAGER", "less"))
    if command == "cat" or not shutil.which(next(iter(command.split()), "")):
        return
    words = (word for word in arguments if not word.startswith("-"))
    named = next(filter(None, map(command_named, words)), None)
    is_shown = named.is_paged if named else not arguments
    if (is_shown or _HELP.intersection(arguments)) and isinstance(_raw(sys.stdout), DataStream):
        _pagers.append(Pager(command, shutil.get_terminal_size()))


def end_pager() -> None:
    """End the pager, as before a question or a progress bar."""
    while _pagers:
        _pagers.pop().end()

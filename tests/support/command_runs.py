"""The whole command in this process: as a real one, but without the time that starting Python takes."""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Self
from unittest import mock

from map4.cli.main import run
from map4.library import part
from map4.scan.workers.lanes import inline_lanes


def run_inside(
    *arguments: str | Path,
    library: Path,
    env: Mapping[str, str] | None = None,
    stdin: str | bytes | int = b"",
    text: bool = True,
    cwd: Path | None = None,
    on_screen: bool = False,
) -> CompletedProcess[Any]:
    """Run the command as `subprocess.run` would, and give what it would give.

    The standard streams are files, and stderr a terminal if it is `on_screen`; what goes past them, as worker processes
    do, is not seen. A number as `stdin` is an open file, as of a terminal. Files are analysed in this process.
    """
    environment = {"MAP4_LIBRARY": str(library), "COLUMNS": "80", **(env or {})}
    typed = stdin.encode() if isinstance(stdin, str) else stdin
    typing = open(os.dup(typed)) if isinstance(typed, int) else io.TextIOWrapper(io.BytesIO(typed))  # noqa: SIM115
    before = os.getcwd()
    with tempfile.TemporaryFile() as out, Screen() if on_screen else tempfile.TemporaryFile() as err:
        with (
            typing,
            open(os.dup(out.fileno()), "w", encoding="utf-8", newline="") as stdout,
            open(os.dup(err.fileno()), "w", encoding="utf-8", newline="") as stderr,
            mock.patch.dict(os.environ, environment),
            mock.patch.object(part, "_process_lanes", inline_lanes),
            mock.patch.multiple(sys, stdin=typing, stdout=stdout, stderr=stderr, unraisablehook=sys.unraisablehook),
        ):
            os.chdir(cwd or before)
            try:
                code = run([str(argument) for argument in arguments])
            finally:
                os.chdir(before)
        outputs = [_content(file, text=text) for file in (out, err)]
    return CompletedProcess([*map(str, arguments)], code, *outputs)


class Screen:
    """A terminal, read like a file once all is written; it holds a few kB."""

    def __enter__(self) -> Self:
        self._ours, self._theirs = os.openpty()
        os.set_blocking(self._ours, False)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._theirs)
        os.close(self._ours)

    def fileno(self) -> int:
        return self._theirs

    def seek(self, _position: int) -> None:
        """What is read comes from the beginning in any case."""

    def read(self) -> bytes:
        output = b""
        with contextlib.suppress(OSError):
            while block := os.read(self._ours, 65536):
                output += block
        return output


@contextlib.contextmanager
def typed(text: str) -> Iterator[int]:
    """A terminal at which somebody has typed."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, text.encode())
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


def _content(file: Any, *, text: bool) -> str | bytes:
    file.seek(0)
    data: bytes = file.read()
    return data.decode().replace("\r\n", "\n") if text else data

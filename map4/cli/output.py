"""Output of a command: its streams and pager, JSON, JSON Lines and CSV, and text that is safe for terminals."""

from __future__ import annotations

import base64
import codecs
import contextlib
import errno
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

import click

from map4.cli.help import command_named
from map4.core.base.paths import MOST_NAMED, display_path
from map4.core.base.text import csv_writer, escaped, printable
from map4.errors import Map4Error

if TYPE_CHECKING:
    import subprocess

    from map4.core.base.records import Record

JSON_WANTED = "map4.json"
"""In the meta data of a command's context: whether --json was given."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def printable_lines(text: str) -> str:
    """Like `printable`, but keeps line breaks."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))


def same_audio_line(what: str, paths: Sequence[str]) -> str:
    """An indented line that lists the first files with the same audio."""
    more = f" and {len(paths) - MOST_NAMED:,} more" if paths[MOST_NAMED:] else ""
    return f"  {what}: {', '.join(map(display_path, paths[:MOST_NAMED]))}{more} (same audio)"


def local_time(when: str, timespec: str = "minutes") -> str:
    """A stored UTC time (ISO 8601) in local time: `2026-01-31 22:15`; an unreadable time stays as it is."""
    try:
        return datetime.fromisoformat(when).astimezone().replace(tzinfo=None).isoformat(" ", timespec)
    except ValueError:  # 'map4 library verify' reports it
        return when


def to_json(value: Any) -> str:
    """JSON on one line, non-ASCII unescaped; NaN and infinity raise ValueError."""
    return _ENCODER.encode(value)


class Stdout:
    """Data on stdout, in UTF-8 in each locale."""

    @staticmethod
    def write_json(document: Mapping[str, Any]) -> None:
        """Print an indented document."""
        Stdout.write_text(json_document(document))

    @staticmethod
    def wants_json() -> bool:
        """Whether the running command was given --json."""
        return bool(click.get_current_context().meta.get(JSON_WANTED))

    @staticmethod
    def print_json(record: Record | Mapping[str, Any]) -> bool:
        """Print a record if the command was given --json; return whether it was."""
        if Stdout.wants_json():
            Stdout.write_json(record if isinstance(record, Mapping) else record.to_record())
        return Stdout.wants_json()

    @staticmethod
    def write_json_list(document: Record, end: Callable[[], Mapping[str, Any]] = dict) -> int:
        """Print a document whose list is an iterator, one record per line as it arrives; return their number.

        end: returns the fields that are known after the last record
        """
        from dataclasses import replace  # `map4 --help` needs none

        [(name, records)] = [(name, value) for name, value in vars(document).items() if isinstance(value, Iterator)]

        def around(**known: Any) -> tuple[list[str], list[str]]:
            record = replace(cast("Any", document), **{name: ()}, **known).to_record()
            lines, place = [f' "{member}": {to_json(value)}' for member, value in record.items()], [*record].index(name)
            return lines[:place], lines[place + 1 :]

        Stdout.write_text("{\n" + "".join(f"{line},\n" for line in around()[0]) + f' "{name}": [')
        count = 0
        for count, record in enumerate(records, start=1):
            Stdout.write_text(("\n  " if count == 1 else ",\n  ") + to_json(record.to_record()))
        Stdout.write_text(("\n ]" if count else "]") + "".join(f",\n{line}" for line in around(**end())[1]) + "\n}\n")
        return count

    @staticmethod
    def write_json_line(record: Mapping[str, Any]) -> None:
        """Print a record on one line and flush it."""
        Stdout.write_text(to_json(record) + "\n")
        sys.stdout.flush()

    @staticmethod
    def write_text(text: str) -> None:
        """Write text to stdout, always in UTF-8, whatever the locale; on a terminal without controls."""
        Stdout.write_bytes(text.encode("utf-8", "replace"))

    @staticmethod
    def write_bytes(data: bytes) -> None:
        Stdout.data_stream().write(data)

    @staticmethod
    def data_stream() -> BinaryIO:
        """Return stdout for data: as it is in pipes and files, without controls on a terminal."""
        sys.stdout.flush()  # Python's own buffer comes first
        return cast("BinaryIO", _TerminalData()) if sys.stdout.isatty() else sys.stdout.buffer


def json_document(document: Mapping[str, Any]) -> str:
    """An indented document as text."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV; None is empty, and no text becomes a formula in spreadsheets."""
    text = io.StringIO()
    write = csv_writer(text)
    for row in rows:
        write(row)
    return text.getvalue()


def kitty_picture(png: bytes, columns: int) -> str:
    """A picture, `columns` wide, in kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol)."""
    data = base64.standard_b64encode(png).decode("ascii")
    pieces = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    heads = [f"a=T,f=100,q=2,c={columns},", *[""] * (len(pieces) - 1)]
    return "".join(
        f"\x1b_G{head}m={int(number < len(pieces))};{piece}\x1b\\"
        for number, (head, piece) in enumerate(zip(heads, pieces, strict=True), start=1)
    )


class _TerminalData(io.RawIOBase):
    """Data on a terminal; bytes that are not UTF-8 are replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        sys.stdout.buffer.write(escaped(self._decoder.decode(bytes(data))).encode())
        return memoryview(data).nbytes


# Symbols that map4 draws, each with its ASCII replacement for terminals whose encoding lacks it.
PLAIN_SIGNS = str.maketrans("█▉▊▋▌▍▎▏▇▆▅▄▃▂▁–—−·•×→…♯♭≥≤│●◉○◆◇■□△▲━╸┄─", "#####   %*+=-._---**x>.#b><|o@*x+#%^!==.-")
# Braille dots, used by `exports/views.py`: bit masks of the left and right column.
_BRAILLE = range(0x2800, 0x2900)
_COLUMNS = (0x47, 0xB8)
_ROWS = (0x09, 0x12, 0x24, 0xC0)


def _plain_dots(dots: int) -> str:
    """The ASCII character that looks most like a braille cell."""
    count = dots.bit_count()
    if count > 5:
        return "#"
    if count > 2 and any(dots & column == dots for column in _COLUMNS):
        return "|"
    if count < 4 and any(dots & row == row for row in _ROWS):
        return "-"
    upper, lower = dots & (_ROWS[0] | _ROWS[1]), dots & (_ROWS[2] | _ROWS[3])
    if upper and lower:
        return ":" if count > 2 else "."
    return "'" if upper else "." if lower else " "


PLAIN_SIGNS.update({sign: ord(_plain_dots(sign - _BRAILLE.start)) for sign in _BRAILLE})


class PipeClosedError(Exception):
    """The reader closed our output; not a `BrokenPipeError`, which Click and Rich turn into exit 1."""


class OutputError(Map4Error):
    """Writing to stdout failed."""


class DataStream(io.FileIO):
    """Stdout, with its own error classes."""

    through: Callable[[bytes], None] | None = None
    """Receives what is written instead, as a pager does."""

    def write(self, data: Any, /) -> int:
        """Write, also through a pager."""
        if self.through is None:
            return self.put(data)
        self.through(bytes(data))
        return memoryview(data).nbytes

    def put(self, data: Any) -> int:
        """Write; wait if the stream is non-blocking."""
        try:
            return _write(self, data)
        except BrokenPipeError as error:
            raise PipeClosedError from error
        except OSError as error:
            return self.failed(error, data)

    def failed(self, error: OSError, data: Any) -> int:
        """Handle a failed write."""
        raise OutputError(f"can't write to stdout: {_reason(error)}") from error


class TalkStream(DataStream):
    """Stderr: failed writes are ignored, except when its reader has closed it."""

    def failed(self, error: OSError, data: Any) -> int:
        """Continue as if the data had been written."""
        return memoryview(data).nbytes


class WithoutPadding:
    """A stream that strips trailing spaces, with which Rich pads its tables."""

    _PADDING = re.compile(" +(?=\n)")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write whole lines."""
        return self._stream.write(self._PADDING.sub("", text))


def open_standard_streams() -> None:
    """Make stdin, stdout and stderr usable even if the caller closed them; call once, before opening any file.

    A closed stream (`<&-`) gets the null device, so that no other file takes its number: stdin is empty, writing to
    stdout is an `OutputError`, and stderr discards everything.
    """
    if sys.stdin is None:
        sys.stdin = open(_null(os.O_RDONLY), encoding="utf-8")  # noqa: SIM115
    for name, stream_class, mode, errors in (
        # Open read-only, so that each write fails.
        ("stdout", DataStream, os.O_RDONLY, plain_errors("replace")),
        ("stderr", TalkStream, os.O_WRONLY, plain_errors("backslashreplace")),
    ):
        stream: TextIO | None = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__"):  # else a caller in this process has replaced it
            number = _null(mode) if stream is None else stream.fileno()
            setattr(sys, name, _text(stream_class, number, stream, errors))


def plain_errors(otherwise: str) -> str:
    """Register an encoding error handler: map4's symbols become ASCII, other characters go to handler `otherwise`."""

    def encode(error: UnicodeError) -> tuple[str | bytes, int]:
        if isinstance(error, UnicodeEncodeError):
            sign = error.object[error.start]
            plain = sign.translate(PLAIN_SIGNS)
            if plain != sign:
                return plain, error.start + 1
            error.end = error.start + 1  # the next character may be a symbol
        return codecs.lookup_error(otherwise)(error)

    name = f"map4.plain.{otherwise}"
    codecs.register_error(name, encode)
    return name


def discard_stdout() -> None:
    """Discard buffered output, so that it can't fail again when the process ends."""
    _discard(sys.stdout)
    try:
        sys.stderr.flush()
    except PipeClosedError:  # both use one pipe
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _null(mode: int) -> int:
    number = os.open(os.devnull, mode)  # takes the lowest free number: the closed stream's
    os.set_inheritable(number, True)
    return number


def _text(stream_class: type[io.FileIO], number: int, stream: TextIO | None, errors: str) -> TextIO:
    if isinstance(stream, io.TextIOWrapper) and os.name == "nt" and stream.isatty():
        stream.reconfigure(errors=errors)  # a Windows console is not a file
        return stream
    # `errors`: a name that the terminal's encoding lacks must not end the run.
    return io.TextIOWrapper(
        io.BufferedWriter(stream_class(number, "w", closefd=False)),
        encoding="utf-8" if stream is None else stream.encoding,
        errors=errors,
        line_buffering=stream_class is TalkStream or (stream is not None and stream.isatty()),
        write_through=getattr(stream, "write_through", False),
    )


def _write(file: io.FileIO, data: Any) -> int:
    while (written := io.FileIO.write(file, data)) is None:
        # The parent process has made the shared stream non-blocking.
        import select

        select.select([], [file], [])
    return written


def _reason(error: OSError) -> str:
    if error.errno == errno.EBADF:
        return "it is closed"
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


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

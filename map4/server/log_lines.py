"""JSON log lines, on stdout or in files, with ids of requests, jobs and accounts, and without names of music."""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any

from map4.core.base.files.last_error import LastError
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import printable
from map4.core.base.unfinished import SafeFile
from map4.errors import UsageError

TEXT, JSON = "text", "json"
"""Log destinations besides a folder: messages on stderr, or JSON lines on stdout."""
FILE_BYTES, FILES = 10_000_000, 5
"""Size and number of log files per level."""
TIDIED_EVERY_S = 3600.0
_DAY_S = 86400.0
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_OURS = ("map4", "uvicorn")
_FIELDS = ("request", "account", "job", "kind", "method", "route", "status", "ms", "seconds", "error_kind", "warning")
_HIDDEN = "a message of another package that may contain names; --debug shows it"
_FIRST_BYTES = 100
_REQUEST: ContextVar[Mapping[str, Any] | None] = ContextVar("map4.request", default=None)


@contextmanager
def request_in_log() -> Iterator[dict[str, Any]]:
    """Add a request's id, and the fields put into the yielded dict, to every log line within."""
    fields: dict[str, Any] = {"request": secrets.token_hex(8)}
    token = _REQUEST.set(fields)
    try:
        yield fields
    finally:
        _REQUEST.reset(token)


class Lines(logging.Formatter):
    """Formats a record as a JSON line. Errors are reduced to kind and place, since messages may contain names.

    is_whole: include the messages (`--debug`)
    """

    def __init__(self, *, is_whole: bool = False) -> None:
        super().__init__()
        self._is_whole = is_whole

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        fields |= _REQUEST.get() or {}
        fields |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        error = getattr(record, "mistake", None) or (record.exc_info[1] if record.exc_info else None)
        if error is not None:
            fields["error"] = {"type": type(error).__name__, "at": LastError.places_of(error)}
            if self._is_whole:
                fields["error"]["traceback"] = "".join(traceback.format_exception(error))
        return json.dumps(fields)

    def _message(self, record: logging.LogRecord) -> str:
        is_ours = record.name.partition(".")[0] in _OURS
        return record.getMessage() if is_ours or self._is_whole else _HIDDEN


class LastErrorHandler(logging.Handler):
    """Keeps the last bug for `map4 doctor --report`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error of a record."""
        if (error := getattr(record, "mistake", None)) is not None:
            LastError.keep(error)


class LevelFile(RotatingFileHandler):
    """The log of one level: up to five files of 10 MB, with lines up to a number of days old."""

    def __init__(self, folder: str, level: str, days: float) -> None:
        super().__init__(
            os.path.join(folder, f"{level}.jsonl"),
            maxBytes=FILE_BYTES,
            backupCount=FILES - 1,
            encoding="utf-8",
            delay=True,
        )
        self._level, self._days_s = _LEVELS[level], days * _DAY_S
        self._next_s = 0.0
        self._has_reported = False
        self.addFilter(self._is_its_own)

    def _is_its_own(self, record: logging.LogRecord) -> bool:
        return max(level for level in _LEVELS.values() if level <= max(record.levelno, logging.INFO)) == self._level

    def tidy(self) -> None:
        """Delete old files; a file spans at most a fifth of its days, so that no line gets older."""
        now = time.time()
        self._next_s = now + TIDIED_EVERY_S
        with suppress(OSError):
            if now - _first_moment(self.baseFilename) > self._days_s / FILES:
                self.doRollover()
        for number in range(1, FILES):
            name = f"{self.baseFilename}.{number}"
            with suppress(OSError):
                if now - os.stat(name).st_mtime > self._days_s * (FILES - 1) / FILES:
                    os.remove(name)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        if time.time() >= self._next_s:
            self.tidy()
        super().emit(record)

    def _open(self) -> Any:
        stream = super()._open()
        with suppress(OSError):
            os.chmod(self.baseFilename, 0o600)
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Report once that the log can't be written; a full disk must not stop the server."""
        if not self._has_reported:
            self._has_reported = True
            sys.stderr.write(f"map4: the log {self.baseFilename} can't be written: {sys.exc_info()[1]}\n")


def _first_moment(path: str) -> float:
    """The time of the first line of a file; now if there is none."""
    try:
        with OnDisk(path).open() as file:
            line = file.read(_FIRST_BYTES).decode(errors="replace")
        return datetime.fromisoformat(line.partition('"at": "')[2].partition('"')[0]).timestamp()
    except (OSError, ValueError):
        return time.time()


class _PrintableText(logging.Formatter):
    """The message, and a traceback; names in them don't control the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return "\n".join(map(printable, super().format(record).split("\n")))


class StdoutLines(logging.StreamHandler[Any]):
    """Lines on the current stdout; dropped if it is closed."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore errors: stdout is closed."""


@contextmanager
def log_to(place: str, days: Mapping[str, float], *, debug: bool = False) -> Iterator[None]:
    """Write the log there while the server runs.

    place: "text", "json", or a folder
    days: days to keep lines in files, by level
    """
    ours, root = logging.getLogger("map4"), logging.getLogger()
    before = ours.level
    handlers = [*_handlers(place, days), LastErrorHandler()]
    for handler in handlers:
        handler.setFormatter(_PrintableText() if place == TEXT else Lines(is_whole=debug))
        root.addHandler(handler)
    ours.setLevel(logging.DEBUG if debug else logging.WARNING if place == TEXT else logging.INFO)
    try:
        yield
    finally:
        ours.setLevel(before)
        for old in handlers:
            root.removeHandler(old)
            old.close()


def _handlers(place: str, days: Mapping[str, float]) -> list[logging.Handler]:
    if place == TEXT:
        return [logging.StreamHandler()]
    if place == JSON:
        return [StdoutLines()]
    try:
        SafeFile.make_private_folder(place)
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        why = error.strerror or "no write permission"
        raise UsageError(f"can't write the log to {place} ({why}); set another folder in serve.log") from None
    files = [LevelFile(place, level, days[level]) for level in _LEVELS]
    for file in files:
        file.tidy()
    return list(files)

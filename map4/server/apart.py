"""A process apart in which questions that take long are answered, so that no short one waits while Python computes.

It is told by pickles on stdin, and tells by pickles on stdout. It ends when its stdin closes, however the server ended.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO, cast

from starlette.responses import Response

from map4.errors import Map4Error
from map4.library import Library
from map4.library.jobs import command_of
from map4.server.libraries import Turn
from map4.server.route import RequestInput, Route, ToWrite, answered
from map4.server.settings import ServerSettings

_OURS: dict[str, Any] = {"settings": None, "libraries": None}  # of the server's own process

_WRITES, _HAS_WRITTEN = "it writes, once it is told", "it has written"

_ENDED = (EOFError, OSError, pickle.UnpicklingError)


class ApartReader:
    """Stands for a library in a thread: it is open in a process, which is started again where it was ended."""

    def __init__(self, settings: ServerSettings, turn: Turn = contextlib.nullcontext) -> None:
        self._turn = turn
        with settings.open_again() as library:
            opening = partial(Library.open, **library.ways)
            self.identity = library.identity
        presets = {name: replace(one, options=dict(one.options)) for name, one in settings.presets.items()}
        self._settings = replace(settings, open_library=opening, presets=presets)
        self._process: subprocess.Popen[bytes] | None = None

    def answer(self, route: Route, asked: RequestInput) -> Response | ToWrite:
        """What the route answers; an error is raised as it was there."""
        question = pickle.dumps(((route.method, route.path), replace(asked, **_OURS)))
        try:
            found = self._told(question)
        except _ENDED:  # perhaps long ago; one that has just been started knows nothing of that
            try:
                found = self._told(question)
            except _ENDED as error:
                raise Map4Error("the process that worked on the answer was ended; ask again") from error
        if isinstance(found, BaseException):
            raise found
        return cast(Response | ToWrite, found)

    def _told(self, question: bytes) -> Any:
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question)
            process.stdin.flush()
            while (said := pickle.load(process.stdout)) == _WRITES:
                with self._turn():
                    pickle.dump(None, process.stdin)
                    process.stdin.flush()
                    pickle.load(process.stdout)
            return said
        except BaseException:
            self.close()  # what it says later must not be taken for the next answer
            raise

    @property
    def process_id(self) -> int | None:
        """Of the process; None where there is none."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was not written yet can't be any more
                    cast(BinaryIO, pipe).close()

    def start(self) -> subprocess.Popen[bytes]:
        """The process, which is started where there is none."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                command_of("map4.server.apart"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONSAFEPATH": "1"},  # not what lies in the current folder
                process_group=None if sys.platform == "win32" else 0,  # a Ctrl-C is for the server alone
            )
            pickle.dump(self._settings, cast(BinaryIO, self._process.stdin))
        return self._process


def main() -> None:
    """Answer what comes on stdin, one after the other."""
    # What native code prints must not come between the answers.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    questions = queue.SimpleQueue[Any]()
    threading.Thread(target=_read, args=(questions,), name="map4-server", daemon=True).start()
    settings: ServerSettings = questions.get()
    from map4.server.routes import ROUTES

    def tell(what: Any) -> None:
        out.write(pickle.dumps(what))
        out.flush()

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        tell(_WRITES)
        questions.get()
        try:
            yield
        finally:
            tell(_HAS_WRITTEN)

    routes = {(route.method, route.path): route for route in ROUTES}
    with settings.open_again() as library:
        library.take_turns(turn)
        while True:
            route, asked = questions.get()
            try:
                found: Any = answered(routes[route], replace(asked, settings=settings), library.acting_as(asked.actor))
            except Exception as error:  # around one request
                found = error
            tell(found)


def _read(questions: queue.SimpleQueue[Any]) -> None:
    with contextlib.suppress(*_ENDED):
        while True:
            questions.put(pickle.load(sys.stdin.buffer))
    os._exit(0)

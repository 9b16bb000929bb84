"""A library in a separate process, which can compute in parallel and be killed at any time."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.child_process import Child, Message, Parent, Send
from map4.core.store.library_ref import Progress, damaged
from map4.errors import Map4Error
from map4.library import Library

Turn = Callable[[], AbstractContextManager[object]]
"""A context entered around writes."""
Settings = TypeVar("Settings", bound=Any)
Answer = Callable[..., Any]
"""Answers a question from settings, library and question; with `progress` if requested."""

_WRITES, _HAS_WRITTEN, _STEPS = "write-begins", "write-ended", "steps-done"
"""Messages of the process: it waits for leave to write, it has written, and its progress."""
_LOST_PAGE = "SIGBUS"  # ends a process that reads a file in memory, such as the index of a journal, that was cut off


class ProcessEndedError(Map4Error):
    """A process of the server was ended, twice for the same request."""


class LibraryProcess:
    """Proxy of a library that is open in another process, which is restarted if it ended.

    open_library: opens the library here, to know how to open it in the process
    settings: settings of the server
    answer: answers questions in the process
    turn: entered here around writes in the process
    """

    def __init__(
        self, open_library: Callable[[], Library], settings: Settings, answer: Answer, turn: Turn = nullcontext
    ) -> None:
        with open_library() as library:
            self.identity, self._library = library.identity, library.path
            again = partial(Library.open, create=False, **library.care.open_arguments)
        self._first_message = replace(settings, open_library=again), answer
        self._turn = turn
        self._is_stopped = False
        self._child: Child | None = None
        self._ended = ""

    @classmethod
    def begun(cls, *given: Any) -> LibraryProcess:
        """A proxy whose process is already started."""
        process = cls(*given)
        process.start()
        return process

    def acting_as(self, actor: Actor, progress: Progress | None = None) -> Callable[[Any], Any]:
        """A function that sends a question as this actor, and returns the answer or raises its error."""
        return partial(self._ask, actor, progress)

    def _ask(self, actor: Actor, progress: Progress | None, question: Any) -> Any:
        call = actor, question, progress is not None
        try:
            try:
                what, value = self._answer(call, progress)
            except Child.ENDED:  # it may have ended long ago; retry with a new process
                if self._is_stopped:
                    raise
                what, value = self._answer(call, progress)
        except Child.ENDED as error:
            if self._ended == _LOST_PAGE:
                raise damaged(self._library, f"reading it ended a process with {_LOST_PAGE}") from error
            raise ProcessEndedError("the process that worked on the request was ended; try again") from error
        if what == "failed":
            raise value
        return value

    def _answer(self, question: Any, progress: Progress | None) -> Message:
        child = self.start()
        try:
            child.send(question)
            while (message := child.receive())[0] in (_WRITES, _STEPS):
                if message[0] == _STEPS:
                    if progress is not None:
                        progress(*message[1])
                    continue
                with self._turn():
                    child.send(None)
                    child.receive()
            return message
        except BaseException:
            self.close()  # its late answer must not be taken for the next one
            raise

    def start(self) -> Child:
        """The process; started if there is none."""
        if self._child is None:
            self._child = Child(Child.command_of(__name__))
            if self._is_stopped:  # while it was being started
                self._child.kill()
            self._child.send(self._first_message)
        return self._child

    def stop(self) -> None:
        """End the process for good; from any thread."""
        self._is_stopped = True
        if (child := self._child) is not None:
            child.kill()

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._ended = child.end()


def main() -> None:
    """Answer questions one after the other."""
    parent = Parent()
    settings, answer = parent.receive()

    @contextmanager
    def turn() -> Iterator[None]:
        parent.send(_WRITES)
        parent.receive()
        try:
            yield
        finally:
            parent.send(_HAS_WRITTEN)

    try:
        opened = settings.open_library()
    except Map4Error as error:  # such as damage
        parent.receive()
        return parent.send("failed", error)
    with opened as library:
        library.care.take_turns(turn)
        while True:
            parent.answer(partial(_done_there, answer, settings, library))
            return_freed_memory()


def return_freed_memory() -> None:
    """Return freed memory to the system, which glibc keeps for the next request; other C libraries do it themselves."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _done_there(answer: Answer, settings: Any, library: Library, call: tuple[Actor, Any, bool], send: Send) -> Any:
    actor, question, has_progress = call
    options = {"progress": lambda done, total: send(_STEPS, (done, total))} if has_progress else {}
    return answer(settings, library.acting_as(actor), question, **options)

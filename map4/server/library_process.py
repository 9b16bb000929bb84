"""A library in a process of its own: Python computes in one thread at a time, and a process can be ended any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from map4.base.actor import Actor
from map4.errors import Map4Error
from map4.library import Library
from map4.scan import ENDED, Child, Message, Parent, Tell, command_of

Turn = Callable[[], AbstractContextManager[object]]
"""Entered around what is written."""
Settings = TypeVar("Settings", bound=Any)
Answer = Callable[..., Any]
"""Gives what is asked for, of the settings, the library and the question; with `progress` where that is wanted."""
Progress = Callable[[int, int], object]
"""Told how many steps are done, and of how many."""

_WRITES, _HAS_WRITTEN, _STEPS = "it writes, once it is told", "it has written", "so many steps are done"


class LibraryProcess:
    """Stands for a library in a thread: it is open in a process, which is started again where it was ended.

    open_library: opens it here, which says how it is opened there
    settings: of the server
    answer: gives there what is asked for
    turn: entered here around what is written there
    """

    def __init__(
        self,
        open_library: Callable[[], Library],
        settings: Settings,
        answer: Answer,
        turn: Turn = nullcontext,
    ) -> None:
        with open_library() as library:
            self.identity = library.identity
            again = partial(Library.open, create=False, **library.care.ways)
        self._told_first = replace(settings, open_library=again), answer
        self._turn = turn
        self._is_stopped = False
        self._child: Child | None = None

    @classmethod
    def begun(cls, *given: Any) -> LibraryProcess:
        """One whose process has been started."""
        made = cls(*given)
        made.start()
        return made

    def acting_as(self, actor: Actor, progress: Progress | None = None) -> Callable[[Any], Any]:
        """Asks it as somebody: gives what is answered, and raises an error as it was there."""
        return partial(self._ask, actor, progress)

    def _ask(self, actor: Actor, progress: Progress | None, question: Any) -> Any:
        asked = actor, question, progress is not None
        try:
            try:
                what, value = self._answer(asked, progress)
            except ENDED:  # perhaps long ago; one that has just been started knows nothing of that
                if self._is_stopped:
                    raise
                what, value = self._answer(asked, progress)
        except ENDED as error:
            raise Map4Error("the process that worked on the answer was ended; ask again") from error
        if what == "failed":
            raise value
        return value

    def _answer(self, question: Any, progress: Progress | None) -> Message:
        child = self.start()
        try:
            child.tell(question)
            while (said := child.hear())[0] in (_WRITES, _STEPS):
                if said[0] == _STEPS:
                    if progress is not None:
                        progress(*said[1])
                    continue
                with self._turn():
                    child.tell(None)
                    child.hear()
            return said
        except BaseException:
            self.close()  # what it says later must not be taken for the next answer
            raise

    def start(self) -> Child:
        """The process, which is started where there is none."""
        if self._child is None:
            self._child = Child(command_of(__name__))
            if self._is_stopped:  # while it was being started
                self._child.kill()
            self._child.tell(self._told_first)
        return self._child

    def stop(self) -> None:
        """End the process, whose answer is not wanted any more, and start none again; from any thread."""
        self._is_stopped = True
        if (child := self._child) is not None:
            child.kill()

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def main() -> None:
    """Answer what comes, one after the other."""
    parent = Parent()
    settings, answer = parent.hear()

    @contextmanager
    def turn() -> Iterator[None]:
        parent.tell(_WRITES)
        parent.hear()
        try:
            yield
        finally:
            parent.tell(_HAS_WRITTEN)

    with settings.open_library() as library:
        library.care.take_turns(turn)
        while True:
            parent.answer(partial(_done_there, answer, settings, library))


def _done_there(answer: Answer, settings: Any, library: Library, asked: tuple[Actor, Any, bool], tell: Tell) -> Any:
    actor, question, is_told = asked
    told = {"progress": lambda done, total: tell(_STEPS, (done, total))} if is_told else {}
    return answer(settings, library.acting_as(actor), question, **told)

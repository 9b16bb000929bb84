"""Steps of all kinds that can be undone; subjects declare their kinds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from map4.core.base.declaration import UndoKind, load
from map4.core.base.declarations import declarations
from map4.core.base.files.journal import JournalError
from map4.core.base.files.undo import UndoneFile, UndoStep
from map4.core.base.records import Record
from map4.core.store.sql_store import Store
from map4.errors import Map4Error, NotAllowedError, NothingFoundError, UsageError


class UndoSteps(Record, kind="undo-steps"):
    """Steps that can be undone, newest first ('map4 undo --json').

    problems: why steps are missing, such as a damaged journal
    """

    MOST: ClassVar[int] = 200

    steps: tuple[UndoStep, ...]
    problems: tuple[str, ...] = ()

    @staticmethod
    def kind_named(name: str) -> UndoKind:
        if (kind := _kinds().get(name)) is None:
            raise UsageError.no_such("kind of steps", name, _kinds())
        return kind

    @staticmethod
    def undone_files(store: Store, kind: UndoKind, name: str | None, *, dry_run: bool) -> Iterator[UndoneFile]:
        """Undo a step with files; see `Library.undo`."""
        if not kind.files:
            raise UsageError(f"steps of the kind {kind.name} have no files; 'map4 undo' undoes them")
        if name is None:
            name = next((step.name for step in steps_of(store, kind.name) if not step.is_undone), None)
        if name is None:
            raise NothingFoundError("there is nothing to undo")
        yield from load(kind.files)(store=store).undo(name, dry_run=dry_run)

    @staticmethod
    def of_kind(store: Store, kind: str) -> UndoSteps:
        """The last steps of a kind, newest first, undone steps too."""
        steps = list[UndoStep]()
        try:
            steps += steps_of(store, kind)
        except JournalError as error:
            return UndoSteps(steps=tuple(steps), problems=(str(error),))
        return UndoSteps(steps=tuple(steps))

    @staticmethod
    def to_undo(store: Store) -> UndoSteps:
        """The last steps that the actor can undo and that are not undone."""
        steps, problems = list[UndoStep](), list[str]()
        for name in _kinds():
            try:
                steps += (step for step in steps_of(store, name) if not step.is_undone)
            except (NotAllowedError, UsageError):
                continue
            except Map4Error as error:
                problems.append(str(error))
        steps.sort(key=lambda step: (step.at or "")[: len("2026-01-31T22:15:00")], reverse=True)
        return UndoSteps(steps=tuple(steps[: UndoSteps.MOST]), problems=tuple(problems))


def _kinds() -> dict[str, UndoKind]:
    return {kind.name: kind for declaration in declarations() for kind in declaration.undo}


def steps_of(store: Store, name: str) -> Iterator[UndoStep]:
    """The last steps of a kind, newest first, undone steps too."""
    kind = UndoSteps.kind_named(name)
    store.actor.require(kind.needs)
    yield from islice(load(kind.steps)(store), UndoSteps.MOST)

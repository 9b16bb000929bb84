"""History of set values, with users and times, and undo."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from map4.core.base.actor import Actor, needs, served
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.files.undo import UndoStep
from map4.core.base.text import counted
from map4.core.music.lists.listed import ListName
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.user_values import ONES_OWN, OWN_WORD, ValueChange, value_from_data
from map4.core.store.sql_store import Store
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.values.history_records import PastChange, UndoneStep, ValueHistory, ValueStep
from map4.values.store.values import SqlValues, UndoneValue
from map4.values.tempo_ranges import choose_tempi
from map4.values.use import as_marked, plan_mark, plan_value, with_other_files

STEPS_AT_ONCE = 50
MOST_STEPS = 500
SHOWN_OF_STEP = 5
"""Changes shown of each step; undoing it with `dry_run` returns all."""


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The actor's steps that are not undone, newest first."""
    values = store.part(SqlValues)
    for step in values.undoable(MOST_STEPS):
        what = f"{counted(step.count, 'value')}: {', '.join(values.names_of(step.number))}"
        undo = ("set", "undo", str(step.number))
        yield UndoStep(kind="set", at=step.at, what=what, count=step.count, command=undo)


@needs("read")
class Values:
    """History of set values, one step per call; `map4.Library.values`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store, self._values = store, store.part(SqlValues)

    @served("GET", "/changes", "History of set values, with users and times, as `map4 set history`.",
            {"track:tracks": (list[str], []), "by": (int | None, None), "after": (int | None, None),
             "limit": (int, STEPS_AT_ONCE)},
            queue="quick", cache="each", example={"track": ["{a}"], "limit": 5})  # fmt: skip
    def history(
        self,
        tracks: Iterable[Track] | None = None,
        *,
        by: int | None = None,
        after: int | None = None,
        limit: int = STEPS_AT_ONCE,
    ) -> ValueHistory:
        """The history, newest first; other users' ratings are left out.

        tracks: show only their changes
        by: only changes by this account; 0 is the local user
        after: the last step of the previous page
        limit: maximum number of steps
        """
        if not 1 <= limit <= MOST_STEPS:
            raise UsageError(f"a page has 1 to {MOST_STEPS} steps, not {limit}; 'after' leads to the next")
        about = None
        if tracks is not None:
            about = {address for track in tracks for address in (track.audio_id, track.uid) if address is not None}
        steps = self._values.steps(by=by, audio_ids=about, before=after, limit=limit + 1)
        first = partial(self._values.changes_of, audio_ids=about, limit=SHOWN_OF_STEP)
        chosen = [replace(step, changes=tuple(first(step.number))) for step in steps[:limit]]
        known = self._tracks(change.audio_id for step in chosen for change in step.changes)
        return ValueHistory(
            steps=tuple(
                replace(
                    step, changes=tuple(_past_change(change, known.get(change.audio_id)) for change in step.changes)
                )
                for step in chosen
            ),
            next=chosen[-1].number if len(steps) > limit else None,
        )

    @needs("own")
    @served("POST", "/changes/{step}/undo",
            "Restore the values before a step, as `map4 set undo`; another user's step requires an admin.",
            {"dry_run": (bool, False)}, "Undo", queue="write", example={"dry_run": True})  # fmt: skip
    def undo(self, step: int | None = None, *, dry_run: bool = False) -> UndoneStep:
        """Restore the values before a step; undoing is a step itself.

        A value that was changed again since is kept, and its change has a `problem` that names who changed it.

        step: its number in `history`; None undoes your last step that is not undone. Another user's step requires an
            admin
        dry_run: only return what would change
        raises NothingFoundError: if there is no such step
        raises UsageError: if its values are already as before it, or were moved with their audio
        raises NotAllowedError: if it is another user's, or you may not set its values
        """
        chosen = self._step(step)
        if chosen.by != self.actor.id and not self.actor.may("admin"):
            maker = chosen.maker(self.actor.id)
            raise NotAllowedError(f"step {chosen.number} was made by {maker}; only an admin can undo it")
        if chosen.kind == "moved":
            raise UsageError(f"step {chosen.number} moved values with audio; 'map4 duplicates --undo' puts copies back")
        tracks = self._tracks(value.audio_id for value in self._values.undone(chosen.number))
        with nullcontext() if dry_run else self._store.at_once():
            undone = list(self._values.undone(chosen.number))
            if any(value.name not in ONES_OWN for value in undone):
                self.actor.require("correct")
            changes = self._planned(chosen, undone, tracks)
            if not changes:
                raise _nothing_left(chosen)
            number = None if dry_run else self._values.put(changes, now=datetime.now(UTC), undoes=chosen.number)
        if number is not None:
            choose_tempi(self._store, {str(change.track.audio_id) for change in changes})
        named = with_other_files(changes, self._store.addresses)
        return UndoneStep(dry_run=dry_run, undid=chosen.number, step=number, changes=named)

    def _step(self, number: int | None) -> ValueStep:
        if number is None:
            last = next(iter(self._values.undoable(1)), None)
            kinds = (kind for each in declarations() for kind in each.undo if kind.is_of_set)
            for newest in (next(load(kind.steps)(self._store), None) for kind in kinds):
                if newest is not None and (newest.at or "") > (last.at if last else ""):
                    how = f"'map4 {shlex.join(newest.command)}' undoes that; for another step, give its number"
                    raise UsageError(f"the last change is of another kind: {newest.what}; {how}")
            if last is None:
                raise NothingFoundError("you have no step to undo; 'map4 set history' shows all steps")
            return last
        step = next(iter(self._values.steps(number=number, limit=1)), None)
        if step is None:
            raise NothingFoundError(f"there is no step {number}; 'map4 set history' shows the steps")
        return step

    def _planned(self, step: ValueStep, undo: Iterable[UndoneValue], tracks: Mapping[str, Track]) -> list[ValueChange]:
        step_of = cache(self._step)
        changes = []
        for value in undo:
            if value.now == value.was:  # also if a part of the step was undone before
                continue
            track = tracks.get(value.audio_id) or _without_file(value)
            if value.name == OWN_WORD:
                change = plan_mark(track, str(value.was or value.now), is_on=value.was is not None)
            else:
                change = plan_value(track, value.name, value.was)
            if value.last_step != step.number:
                last = step_of(value.last_step)
                if last.kind != "undo" or not value.is_as_left:
                    by = f"by {last.maker(self.actor.id)}, in step {last.number}"
                    problem = f"its {value.name} was changed since {by}"
                    change = replace(change, new=change.old, is_own=change.was_own, problem=problem)
            changes.append(change)
        return changes

    def _tracks(self, audio_ids: Iterable[str]) -> dict[str, Track]:
        """A track for each audio with a file, and a stand-in for each list, since lists have marks."""
        named = dict.fromkeys(audio_ids)
        files = self._store.addresses.first_files(named)
        tracks = dict(self._store.tracks.numbered([*{*files.values()}]))
        lists = {uid: as_marked(uid, *row) for uid, row in self._values.lists(filter(ListName.is_id, named)).items()}
        return lists | {address: tracks[number] for address, number in files.items() if number in tracks}


def _past_change(change: PastChange, track: Track | None) -> PastChange:
    """The change with its track, by whose audio id it is known, also if it belongs to one file."""
    return replace(change, track=track, audio_id=(track and track.audio_id) or change.audio_id)


def _nothing_left(step: ValueStep) -> UsageError:
    if step.undone_by is None:
        return UsageError(f"nothing to undo: the values of step {step.number} are already what they were before")
    again = f"'map4 set undo {step.undone_by}' restores it"
    return UsageError(f"step {step.number} is already undone, by step {step.undone_by}; {again}")


def _without_file(old: UndoneValue) -> Track:
    """A stand-in for audio without a file in the library; its values are kept."""
    value = None if old.now is None else value_from_data(old.name, old.now)
    own: dict[str, Any] = {"marks": (value,)} if old.name == OWN_WORD else {old.name: value}
    user = UserValues() if value is None else UserValues(**own)
    return Track(path=old.audio_id, state="missing", audio_id=old.audio_id, uid=old.audio_id, user=user)

"""Files whose audio changed in their place: other audio of the recording takes all that people and programs made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime

from map4.core.base.text import counted
from map4.core.store.sql_store import Store
from map4.extras.quarantine.journal import JournalEntry, QuarantineJournal, QuarantineList, make_quarantine
from map4.extras.quarantine.options import QuarantineOptions
from map4.extras.quarantine.replacing import constant_offset, is_other_recording
from map4.extras.quarantine.returning import Returning
from map4.extras.quarantine.store import SqlHandOvers
from map4.extras.shared.moving import Disk
from map4.values import SqlValues

_OPTIONS = QuarantineOptions(replaces=True, values="new", tags="new")
"""Values that the new audio has already, such as those of another file, stay."""


class SuccessorHandOvers:
    """The files of a scan whose audio changed; `map4 duplicates --undo` reverts all its hand-overs together."""

    def __init__(self, store: Store) -> None:
        self._store, self._returning = store, Returning(store)
        self._journal: QuarantineJournal | None = None
        self._coarse = 0

    def follow(self, path: str, before_id: str | None, audio_id: str) -> None:
        """Hand over from the audio that a file had to the audio that it has, if both are the same recording.

        before_id: None if a scan could not identify the file, such as while it was copied
        """
        hand_overs = self._store.part(SqlHandOvers)
        earlier = self._earlier(path, before_id, audio_id)
        if earlier is None:
            if before_id is not None and is_other_recording(self._store, before_id, audio_id):
                self._store.part(SqlValues).leave_behind(path, before_id)
            return
        earlier_id, (offset_s, is_fine) = earlier
        plan = hand_overs.plan(path, path, _OPTIONS, before_id=earlier_id)
        if plan is None:
            return
        plan = hand_overs.later(plan, offset_s)
        if not plan.has_rows:
            hand_overs.carry_out(plan)  # shares what is valid for both
            return
        self._coarse += plan.has_times and not is_fine
        journal = self._opened()
        entry = JournalEntry(
            path=path, to=os.path.join(os.path.dirname(journal.path), os.path.basename(path)), size_bytes=0, mtime_ns=0,
            is_unmoved=True, kept=path, rows=asdict(plan),
        )  # fmt: skip
        journal.move(entry, lambda: hand_overs.carry_out(plan), lambda entry: self._returning.put_back(entry, journal))

    def close(self) -> str | None:
        """End the step; returns a message about its files."""
        if self._journal is None:
            return None
        self._journal.close()
        count = len(self._journal.files)
        has, its = ("has", "its") if count == 1 else ("have", "their")
        coarse = f"; the times of {counted(self._coarse, 'file')} are right to .1 s" if self._coarse else ""
        return (
            f"{counted(count, 'file')} {has} other audio of the same recording; {its} places in lists, plays and "
            f"values go on{coarse}; 'map4 duplicates --undo' reverts that"
        )

    def _earlier(self, path: str, before_id: str | None, audio_id: str) -> tuple[str, tuple[float, bool]] | None:
        """Return earlier audio of a path that is the same recording, and its offset."""

        def known() -> Iterator[str]:
            if before_id is not None:
                yield before_id
            yield from self._store.part(SqlHandOvers).left_at(path)

        for earlier_id in known():
            offset = None if earlier_id == audio_id else constant_offset(self._store, earlier_id, audio_id)
            if offset is not None:
                return earlier_id, offset
        return None

    def _opened(self) -> QuarantineJournal:
        if self._journal is None:
            beside, disk = self._store.place.beside, Disk()
            with suppress(OSError):  # the journal then reports why
                make_quarantine(f"{beside}.quarantine", disk)
            self._journal = QuarantineJournal.create(
                f"{beside}.quarantine", library=self._store.place.shown, now=datetime.now(UTC), disk=disk
            )
            QuarantineList(beside).note(self._journal.path)
        return self._journal

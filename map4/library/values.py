"""The user's own values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.user_values import ValueEdit
    from map4.domain.track.track import Track
    from map4.domain.track.user_values import ValueChange


class ValueMethods(OpenLibrary):
    """The user's own values."""

    @takes("map4.app.user_values:ValueEdit")
    def set(
        self, tracks: Iterable[Track], edit: ValueEdit = USUAL, *, dry_run: bool = False, **keywords: Any
    ) -> list[ValueChange]:
        """Set values of tracks to what the user says, all in one transaction.

        Such a value wins over every other, and stays with the audio when it is analysed again, moved or retagged.

        tracks: of this library, from `track`, `tracks_at` or `search`
        edit: the same as the keywords, as a `map4.app.user_values.ValueEdit`
        dry_run: only say what would change
        returns: A change for each track and value; those with a `problem` were not done.
        raises UsageError: if the edit contradicts itself, or a value can't be one
        """
        from map4.app.user_values import plan_changes

        changes = list(plan_changes(tracks, edit))
        if any(change.name != "rating" for change in changes):
            self.actor.require("correct")
        if not dry_run:
            self._store.values.put(changes, now=datetime.now(UTC))
        return changes

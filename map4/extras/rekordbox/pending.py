"""Every command's check for an interrupted write; other modules load only if it finds a write."""

from __future__ import annotations

import os
from collections.abc import Callable

from map4.core.base.paths import user_file
from map4.errors import Map4Error
from map4.extras.rekordbox.folder import JOURNALS, PENDING, running_program
from map4.library import hookspecs


@hookspecs.unfinished.implementation
def settle_pending(report: Callable[[str], object]) -> None:
    """Complete and report an interrupted write."""
    if not os.path.exists(user_file(*JOURNALS, PENDING)):
        return
    from map4.extras.rekordbox.journal import WriteJournal, settle

    journal = WriteJournal()
    try:
        with journal.locked(wait_s=5.0):  # another process may be writing now
            message = settle(journal, running_program)
    except (Map4Error, OSError) as error:
        message = f"a write into rekordbox's database was interrupted and can't be completed yet: {error}"
    if message:
        report(f"map4: {message}")

"""Where writes into rekordbox's database are recorded, and whether rekordbox runs.

Every command checks here for an interrupted write; other modules load only if there is one.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from map4.core.base.paths import user_file
from map4.errors import Map4Error
from map4.library import hookspecs
from map4.version import packages_of

PENDING = "pending"  # the file that names an interrupted write
_PROGRAM = "rekordbox"


def journal_folder() -> str:
    """Return the folder of all writes of this user on this machine."""
    return user_file("data", "rekordbox")


def running_program() -> str | None:
    """Return the name of a running program of rekordbox, itself or its agent; None if none runs."""
    with packages_of("rekordbox", "rekordbox's database needs"):
        import psutil  # comes with pyrekordbox
    for process in psutil.process_iter(["name"]):
        name: str = process.info["name"] or ""
        if name.lower().startswith(_PROGRAM):
            return name
    return None


@hookspecs.unfinished.implementation
def settle_pending(report: Callable[[str], object]) -> None:
    """Complete and report an interrupted write."""
    if not os.path.exists(os.path.join(journal_folder(), PENDING)):
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

"""Where writes into rekordbox's database are recorded, and whether rekordbox runs."""

from __future__ import annotations

from map4.core.base.paths import user_file
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

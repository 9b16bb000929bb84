"""Where writes into rekordbox's database are recorded, and whether rekordbox runs."""

from __future__ import annotations

from typing import Final

from map4.version import Packages

JOURNALS: Final = "data", "rekordbox"  # as `user_file` takes them: the folder of all writes of a user on a machine
PENDING = "pending"  # the file that names an interrupted write
_PROGRAM = "rekordbox"


def running_program() -> str | None:
    """Return the name of a running program of rekordbox, itself or its agent; None if none runs."""
    with Packages("rekordbox").needed("rekordbox's database needs"):
        import psutil  # comes with pyrekordbox
    for process in psutil.process_iter(["name"]):
        name: str = process.info["name"] or ""
        if name.lower().startswith(_PROGRAM):
            return name
    return None

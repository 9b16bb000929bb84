"""Whether rekordbox runs."""

from __future__ import annotations

from map4.errors import UsageError
from map4.version import missing_packages

_PROGRAM = "rekordbox"


def running_program() -> str | None:
    """Return the name of a running program of rekordbox, itself or its agent; None if none runs.

    raises UsageError: if the packages of this extra are missing
    """
    try:
        import psutil  # comes with pyrekordbox
    except ImportError as error:
        raise UsageError(missing_packages("rekordbox's database needs", error, "rekordbox")) from None
    for process in psutil.process_iter(["name"]):
        name: str = process.info["name"] or ""
        if name.lower().startswith(_PROGRAM):
            return name
    return None

"""Whether rekordbox runs."""

from __future__ import annotations

from map4.version import packages_of

_PROGRAM = "rekordbox"


def running_program() -> str | None:
    """Return the name of a running program of rekordbox, itself or its agent; None if none runs.

    raises UsageError: if the packages of this extra are missing
    """
    with packages_of("rekordbox", "rekordbox's database needs"):
        import psutil  # comes with pyrekordbox
    for process in psutil.process_iter(["name"]):
        name: str = process.info["name"] or ""
        if name.lower().startswith(_PROGRAM):
            return name
    return None

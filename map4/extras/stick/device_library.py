"""Device Library Plus: `PIONEER/rekordbox/exportLibrary.db`."""

from __future__ import annotations

from map4.extras.stick.records import StickContents


def write_device_library(contents: StickContents, path: str) -> None:
    """Write the database to a new file, or into a copy of an existing one, whose other tables stay.

    raises ImportReadError: without pyrekordbox, or if the existing file can't be unlocked
    """
    raise NotImplementedError

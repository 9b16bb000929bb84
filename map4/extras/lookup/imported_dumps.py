"""Dumps of MusicBrainz and Discogs that release candidates imported into the user's data folder."""

from __future__ import annotations

import os
from contextlib import suppress

from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk
from map4.library import hookspecs

_FILES = {"musicbrainz-canonical.sqlite": b"M4CQ", "discogs.sqlite": b"M4DI"}  # name -> `application_id`
_ID_AT = 68


@hookspecs.unused_files.implementation
def imported_dumps() -> dict[str, int]:
    """Paths of the imported dumps, with their sizes in bytes; nothing reads them."""
    sizes: dict[str, int] = {}
    for name, application_id in _FILES.items():
        path = user_file("data", name)
        with suppress(OSError), OnDisk(path).open() as file:
            if file.read(_ID_AT + len(application_id))[_ID_AT:] == application_id:
                sizes[path] = os.stat(path).st_size
    return sizes

"""The fingerprints of a library, one recording after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from map4.music.analysis.sound import FINGERPRINT_VERSION
from map4.store.database import Database
from map4.store.unreadable import damaged

_FILES = """
    SELECT a.id, f.id FROM files AS f JOIN analyses AS a ON a.audio_id = f.audio_id
    ORDER BY a.id, f.missing_since IS NOT NULL, f.id
"""
_PRINTS = """
    SELECT id, fingerprint FROM details WHERE fingerprint_version = ? AND fingerprint IS NOT NULL AND id > ?
    ORDER BY id LIMIT ?
"""
_AT_ONCE = 500


def fingerprints(database: Database, among: Collection[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """Each recording's fingerprint, with its first present file, or else its first file.

    A few hundred are read at a time, so that a slow reader holds no snapshot of the library.

    among: only these files
    """
    with database.reading() as connection:
        first: dict[int, int] = {}
        for number, file_id in connection.execute(_FILES):
            if among is None or file_id in among:
                first.setdefault(number, file_id)
    last = -1
    while True:
        with database.reading() as connection:
            rows = connection.execute(_PRINTS, (FINGERPRINT_VERSION, last, _AT_ONCE)).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        for number, data in rows:
            if number not in first:
                continue
            if len(data) % 2:
                raise damaged(database.path, f"the fingerprint of recording {number} is cut off")
            yield first[number], data

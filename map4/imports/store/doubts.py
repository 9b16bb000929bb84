"""Doubts about what an older map4 imported otherwise: titles with another number, and histories stored as lists."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import groupby
from operator import itemgetter

from map4 import formats
from map4.core.base.paths import display_path
from map4.core.store.rows.track_rows import file_path
from map4.core.store.sql_store import Store
from map4.doctor import Doubts, GroupDoubt, Offer
from map4.errors import Map4Error
from map4.search import NameMatcher

_MOST_NAMED = 3
# A title that is unlike the tag is compared; most are alike.
_BY_NAMES = """
    SELECT i.path, i.format, f.id, json_extract(t.entry, '$.title') FROM imported_tracks AS t
    JOIN imports AS i ON i.id = t.import_id JOIN files AS f ON f.audio_id = t.audio_id AND f.path = t.path
    WHERE t.method = 'tags' AND json_extract(t.entry, '$.title') <> coalesce(f.title, '') ORDER BY i.id, t.key
"""
_LISTS = """
    SELECT p.name, json_extract(p.header, '$.imported.file'), count(*), min(f.id) FROM playlists AS p
    JOIN playlist_tracks AS t ON t.playlist_id = p.id JOIN files AS f ON f.audio_id = t.audio_id
    WHERE p.owner = 0 AND p.deleted_at IS NULL AND json_extract(p.header, '$.imported.file') IS NOT NULL
    AND json_extract(p.header, '$.imported.history') IS NULL GROUP BY p.id, p.name ORDER BY p.name
"""


def import_doubts(store: Store, checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Yield doubts about imports. checks: names of the doctor's checks to make"""
    if Doubts.IMPORT_NUMBERS.name in checks:
        yield from _other_numbers(store)
    if Doubts.HISTORY_LISTS.name in checks:
        rows = store.database.rows(_LISTS)
        for name, file, count, file_id in rows:
            if _is_history(file):
                plays = Offer(label="import its plays", words=("import", file))
                delete = Offer(label="then delete the list", words=("playlist", "delete", name))
                yield GroupDoubt(
                    check=Doubts.HISTORY_LISTS, about=name, detail=f"{file} has plays with their times", count=count,
                    file_ids=[file_id], offers=(plays, delete),
                )  # fmt: skip


def _other_numbers(store: Store) -> Iterator[GroupDoubt]:
    rows = store.database.rows(_BY_NAMES)
    tracks = dict(store.tracks.numbered([file_id for _, _, file_id, _ in rows]))
    for (path, format_name), entries in groupby(rows, key=itemgetter(0, 1)):
        wrong = [
            (file_id, title, there)
            for _, _, file_id, title in entries
            if (track := tracks.get(file_id)) and (there := track.title()) and NameMatcher.is_other_number(title, there)
        ]
        if wrong:
            name = file_path(path)
            named = [f'"{title}" at "{there}"' for _, title, there in wrong[:_MOST_NAMED]]
            more = [f"{len(wrong) - _MOST_NAMED} more"] if len(wrong) > _MOST_NAMED else []
            source = ("--from", format_name) if format_name.endswith("-tags") else ()
            again = Offer(label="match again", words=("import", *source, name))
            forget = Offer(label="forget its values", words=("import", "forget", name))
            yield GroupDoubt(
                check=Doubts.IMPORT_NUMBERS, about=display_path(name), detail=", ".join((*named, *more)),
                count=len(wrong), file_ids=list(dict.fromkeys(number for number, _, _ in wrong)),
                offers=(again, forget),
            )  # fmt: skip


def _is_history(file: str) -> bool:
    """True if the file is imported as plays now."""
    try:
        return os.path.isfile(file) and formats.Importer.of(file).name == "history"
    except (Map4Error, OSError):
        return False

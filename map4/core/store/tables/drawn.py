"""Tables derived from others or from files: recordings that sound alike, segues, and changes since the mirror was made.

`sound_keys` has the search keys of each fingerprint (`map4.duplicates.finding.sound_keys`), and `sound_pairs` the
results. Triggers delete the rows of changed or deleted fingerprints, so a recording without a row must still be
compared; so must one with a version below zero, which only has its keys. `songs` has the song of each file
(`map4.search.store.SqlSongs`), unless its names changed since a scan. These tables can be rebuilt at any time.
"""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.store.query.facts import FACTS_TABLES, LATER_FACTS, SORT_INDEXES, TRACKS_VIEW_BEFORE_105
from map4.core.store.stored_tables import StoredTable

SQL = StoredTable.sql_beside(__file__)

_OF_DETAILS = "(SELECT audio_id FROM analyses WHERE id = {row}.id)"


def _forget(audio_id: str) -> str:
    return (
        f"DELETE FROM sound_keys WHERE audio_id = {audio_id}; "
        f"DELETE FROM sound_pairs WHERE audio_id = {audio_id} OR other_id = {audio_id}; "
    )


FORGET_SOUNDS = (
    *(
        f"CREATE TRIGGER sound_keys_of_{name} AFTER {event} BEGIN {''.join(map(_forget, audio_ids))}END"
        for name, event, audio_ids in (
            ("new_print", "INSERT ON details", (_OF_DETAILS.format(row="new"),)),
            ("changed_print", "UPDATE ON details", (_OF_DETAILS.format(row="new"),)),
            ("gone_print", "DELETE ON details", (_OF_DETAILS.format(row="old"),)),
            ("changed_audio", "UPDATE OF audio_id ON analyses", ("old.audio_id", "new.audio_id")),
            ("gone_audio", "DELETE ON analyses", ("old.audio_id",)),
        )
    ),
)

_NAMES = ("user_artist", "imported_artist", "user_title", "imported_title", "remixer", "mix")
_IS_OTHER = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _NAMES)
# Where another source comes first, names change without a change of the facts.
SONGS = (
    "CREATE TABLE songs (file_id INTEGER PRIMARY KEY, song TEXT NOT NULL) STRICT",
    "CREATE TRIGGER songs_of_gone_facts AFTER DELETE ON facts BEGIN DELETE FROM songs WHERE file_id = old.file_id; END",
    (
        f"CREATE TRIGGER songs_of_changed_facts AFTER UPDATE OF {', '.join(_NAMES)} ON facts BEGIN DELETE FROM songs "
        f"WHERE file_id = new.file_id AND ({_IS_OTHER} OR EXISTS (SELECT 1 FROM preferred_sources)); END"
    ),
)

_EVENTS = (("new", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))


# `mirror` has a row once a mirror was begun: the token of the file that shows this library, the token of the mirror
# begun last, and the revision that changes are recorded with since; `mirror_changes` has the changed files. Only
# triggers record them, so that no way of writing is missed; without a row in `mirror` they record nothing.
# A copy of the library includes both, so that a backup is never shown by the mirror of a later state.


def _trigger(name: str, event: str, files: str) -> str:
    # Deleted and inserted, not replaced: within a trigger the conflict clause of the outer statement counts.
    return (
        f"CREATE TRIGGER mirror_{name} AFTER {event} BEGIN "
        f"DELETE FROM mirror_changes WHERE file_id IN (SELECT f.id FROM {files}); "
        f"INSERT INTO mirror_changes SELECT f.id, m.revision FROM mirror AS m CROSS JOIN {files}; END"
    )


_OF_AUDIO = "(SELECT id FROM files WHERE audio_id = {audio_id}) AS f"
_NOTED = {
    "facts": "(SELECT {row}.file_id AS id) AS f",
    # When a whole analysis is deleted, the facts of its files change.
    "sounds": _OF_AUDIO.format(audio_id="(SELECT audio_id FROM analyses WHERE id = {row}.id)"),
}


def mirror_triggers(table: str, files: str = _OF_AUDIO.format(audio_id="{row}.audio_id")) -> Iterable[str]:
    """Triggers that record changed files for the mirror. files: the files of a changed row; default: by audio id"""
    for name, event, row in _EVENTS:
        yield _trigger(
            f"of_{name}_{'sound' if table == 'sounds' else table}", f"{event} ON {table}", files.format(row=row)
        )


MIRROR_TABLES = (
    *SQL["mirror"],
    "CREATE TABLE mirror_changes (file_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT",
    *(statement for table, files in _NOTED.items() for statement in mirror_triggers(table, files)),
)
"""Created after `facts`: a migration that recreates that table also recreates these triggers."""


TABLES = (
    StoredTable("facts", (*FACTS_TABLES, *SORT_INDEXES, TRACKS_VIEW_BEFORE_105), later=LATER_FACTS, salvage="no"),
    StoredTable("sound_keys", (*SQL["sound_keys"], *FORGET_SOUNDS), salvage="no"),
    StoredTable("sound_pairs", SQL["sound_pairs"], salvage="no"),
    StoredTable("segues", SQL["segues"], since=110, salvage="no"),
    StoredTable("songs", SONGS, since=110, salvage="no"),
    # Specific to the machine and to the mirror beside the library: a copy gets its own.
    StoredTable("mirror", MIRROR_TABLES[:1], salvage="no", is_copied=False),
    StoredTable("mirror_changes", MIRROR_TABLES[1:], salvage="no", is_copied=False),
)

"""Tables that are drawn from others: of recordings that sound alike, and what changed since the mirror was made.

`sound_keys` has what is looked for of each fingerprint (`map4.duplicates.finding.sound_keys`), and `sound_pairs` what
came of it. Triggers take out what belongs to a fingerprint that changed or is gone, so that a recording without a row
is one that must still be compared, as is one whose version is below zero: its keys are made, no more. Both can be made
again at any time.
"""

from __future__ import annotations

from collections.abc import Iterable

from map4.store.query.facts import FACTS_TABLES, SORT_INDEXES, TRACKS_VIEW
from map4.store.stored_tables import StoredTable

_OF_DETAILS = "(SELECT audio_id FROM analyses WHERE id = {row}.id)"


def _forget(audio_id: str) -> str:
    return (
        f"DELETE FROM sound_keys WHERE audio_id = {audio_id}; "
        f"DELETE FROM sound_pairs WHERE audio_id = {audio_id} OR other_id = {audio_id}; "
    )


SOUND_KEYS = (
    """CREATE TABLE sound_keys (
        audio_id TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        keys BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX sound_keys_by_version ON sound_keys (version)",
)
SOUND_PAIRS = (
    """CREATE TABLE sound_pairs (
        audio_id TEXT NOT NULL,
        other_id TEXT NOT NULL,
        error_rate REAL NOT NULL,
        alone_s REAL NOT NULL,
        PRIMARY KEY (audio_id, other_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX sound_pairs_by_other ON sound_pairs (other_id)",
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

_EVENTS = (("new", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))


# `mirror` has a row once a mirror was begun: the token of the file that shows this library, that of the one that was
# begun last, and the revision that changes are noted with since then; `mirror_changes` has the files that changed. Only
# triggers note them, so that no way of writing is forgotten; without a row in `mirror` they note nothing.
# A copy of the library takes both along, so that a backup is never shown by the mirror of what came later.


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
    # Where a whole analysis goes, the facts of its files tell.
    "sounds": _OF_AUDIO.format(audio_id="(SELECT audio_id FROM analyses WHERE id = {row}.id)"),
}


def mirror_triggers(table: str, files: str = _OF_AUDIO.format(audio_id="{row}.audio_id")) -> Iterable[str]:
    """Triggers that record changed files for the mirror. files: the files of a changed row; default: by audio id"""
    for name, event, row in _EVENTS:
        yield _trigger(
            f"of_{name}_{'sound' if table == 'sounds' else table}", f"{event} ON {table}", files.format(row=row)
        )


MIRROR_TABLES = (
    """CREATE TABLE mirror (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        token TEXT,
        begun TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT""",
    "CREATE TABLE mirror_changes (file_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT",
    *(statement for table, files in _NOTED.items() for statement in mirror_triggers(table, files)),
)
"""Made after `facts`: a migration that makes that table anew makes these triggers anew too."""

TABLES = (
    StoredTable("facts", (*FACTS_TABLES, *SORT_INDEXES, TRACKS_VIEW), salvage="no"),
    StoredTable("sound_keys", (*SOUND_KEYS, *FORGET_SOUNDS), salvage="no"),
    StoredTable("sound_pairs", SOUND_PAIRS, salvage="no"),
    # Of the machine, and of the file that lies beside the library: a copy gets its own.
    StoredTable("mirror", MIRROR_TABLES[:1], salvage="no", is_copied=False),
    StoredTable("mirror_changes", MIRROR_TABLES[1:], salvage="no", is_copied=False),
)

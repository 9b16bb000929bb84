"""The part of the library that tells whether the mirror beside it is of it, and what has changed since.

`mirror` has a row once a mirror was begun: the token of the file that shows this library, the token of the one that was
begun last, and the revision that changes are noted with since then. `mirror_changes` has the files that changed. Only
triggers note them, so that no way of writing to the library is forgotten; without a row in `mirror` they note nothing.
A copy of the library takes both along, so that a backup is never shown by the mirror of what came later.
"""

from __future__ import annotations

_EVENTS = (("new", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))


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
    "labels": _OF_AUDIO.format(audio_id="{row}.audio_id"),  # their genres are counted where no tag has one
}

MIRROR_TABLES = (
    """CREATE TABLE mirror (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        token TEXT,
        begun TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT""",
    "CREATE TABLE mirror_changes (file_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT",
    *(
        _trigger(f"of_{name}_{'sound' if table == 'sounds' else table}", f"{event} ON {table}", files.format(row=row))
        for table, files in _NOTED.items()
        for name, event, row in _EVENTS
    ),
)
"""Made after `facts`: a migration that makes that table anew makes these triggers anew too."""

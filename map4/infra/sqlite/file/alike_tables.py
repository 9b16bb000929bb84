"""The tables of recordings that sound alike.

`sound_keys` has what is looked for of each fingerprint (`map4.selection.duplicates.sound_keys`), and `sound_pairs` what
came of it. Triggers take out what belongs to a fingerprint that changed or is gone, so that a recording without a row
is one that must still be compared, as is one whose version is below zero: its keys are made, no more. Both can be made
again at any time.
"""

from __future__ import annotations

_OF_DETAILS = "(SELECT audio_id FROM analyses WHERE id = {row}.id)"


def _forget(audio_id: str) -> str:
    return (
        f"DELETE FROM sound_keys WHERE audio_id = {audio_id}; "
        f"DELETE FROM sound_pairs WHERE audio_id = {audio_id} OR other_id = {audio_id}; "
    )


ALIKE_TABLES = (
    """CREATE TABLE sound_keys (
        audio_id TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        keys BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX sound_keys_by_version ON sound_keys (version)",
    """CREATE TABLE sound_pairs (
        audio_id TEXT NOT NULL,
        other_id TEXT NOT NULL,
        error_rate REAL NOT NULL,
        alone_s REAL NOT NULL,
        PRIMARY KEY (audio_id, other_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX sound_pairs_by_other ON sound_pairs (other_id)",
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

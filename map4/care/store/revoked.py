"""Access after restoring a backup: everything revoked since the backup stays revoked."""

from __future__ import annotations

import sqlite3

from map4.core.store.file.connection import committed

LOG_OUT = (
    "DELETE FROM credentials WHERE kind IN ('session', 'login')",
    "DELETE FROM renewed_secrets",
    "DELETE FROM signing_keys",
)
"""For a restored backup: it would undo later logouts, so everybody must log in again."""

_AUDIT = "number, at, account, action, subject, detail"
_KEEP = f"""
    -- Credentials removed since stay removed, and rotated ones keep their current secret.
    DELETE FROM credentials WHERE id NOT IN (SELECT id FROM present.credentials);
    UPDATE credentials SET digest = now.digest, expires_at = now.expires_at, last_used_at = now.last_used_at
        FROM present.credentials AS now WHERE now.id = credentials.id;
    -- A password that was changed, or a role that was taken away, is not given back.
    UPDATE accounts SET password = now.password, role = now.role FROM present.accounts AS now
        WHERE now.id = accounts.id;
    INSERT OR REPLACE INTO audit ({_AUDIT}) SELECT {_AUDIT} FROM present.audit
"""
_IS_SAME = (
    "SELECT EXISTS (SELECT 1 FROM main.library_identity AS m JOIN present.library_identity AS p ON p.uid = m.uid)"
)


def keep_revoked(staged: sqlite3.Connection, present: str) -> None:
    """Update a backup's accounts to those of the current library, if it is the same library.

    staged: an updated copy of the backup
    present: the file of a copy of the current library, which may be of an older version
    """
    staged.execute("ATTACH ? AS present", (present,))
    try:
        names = {name for (name,) in staged.execute("SELECT name FROM present.sqlite_master WHERE type = 'table'")}
        if "library_identity" in names and staged.execute(_IS_SAME).fetchone()[0]:
            with committed(staged):
                for statement in _KEEP.split(";"):
                    staged.execute(statement)
    finally:
        staged.execute("DETACH present")

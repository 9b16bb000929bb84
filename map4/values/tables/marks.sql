-- `mark_key` identifies a mark. A removed mark is only in `value_changes`. A mark of a list has the list's id as its
-- `audio_id`.
CREATE TABLE marks (
    audio_id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    mark_key TEXT NOT NULL,
    mark TEXT NOT NULL CHECK (length(mark) > 0),
    set_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, owner, mark_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_by_owner ON marks (owner, mark_key);

CREATE TRIGGER marks_delete_accounts AFTER DELETE ON accounts BEGIN
    DELETE FROM marks WHERE owner = old.id;
    DELETE FROM mark_looks WHERE owner = old.id;
    DELETE FROM value_changes WHERE owner = old.id;
END;

-- A deleted list that can be restored keeps its marks.
CREATE TRIGGER marks_delete_playlists AFTER DELETE ON playlists BEGIN
    DELETE FROM marks WHERE audio_id = old.uid;
    DELETE FROM value_changes WHERE audio_id = old.uid;
END;

-- The key on the page, 1-9.
CREATE TABLE mark_looks (
    owner INTEGER NOT NULL,
    mark_key TEXT NOT NULL,
    color TEXT NOT NULL,
    key INTEGER CHECK (key BETWEEN 1 AND 9),
    set_at TEXT NOT NULL,
    PRIMARY KEY (owner, mark_key)
) STRICT, WITHOUT ROWID;

-- The first source of a field, for all users; like settings, without its author.
CREATE TABLE preferred_sources (
    field TEXT PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('tag', 'provider', 'imported'))
) STRICT, WITHOUT ROWID;

-- The preferences that decide values and orders, for all users (`Preferences`).
CREATE TABLE preferences (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

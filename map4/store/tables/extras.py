"""The table of extras that have tables here, with the statements that made these."""

from __future__ import annotations

from map4.store.stored_tables import StoredTable

# Statements as for a library file, whatever store it is, so that tables can be kept where their extra is not installed.
EXTRAS = """CREATE TABLE extras (
        name TEXT PRIMARY KEY,
        statements TEXT NOT NULL CHECK (json_valid(statements) AND json_type(statements) = 'array')
    ) STRICT, WITHOUT ROWID"""

# Whoever makes the tables of an extra writes its row.
TABLES = (StoredTable("extras", (EXTRAS,), salvage="no", is_copied=False),)

"""The table of extras with tables in the library, and their statements."""

from __future__ import annotations

from map4.store.stored_tables import StoredTable

# Statements as for a library file in every store, so that tables can be kept if their extra is not installed.
EXTRAS = """CREATE TABLE extras (
        name TEXT PRIMARY KEY,
        statements TEXT NOT NULL CHECK (json_valid(statements) AND json_type(statements) = 'array')
    ) STRICT, WITHOUT ROWID"""

# The code that creates an extra's tables also writes its row.
TABLES = (StoredTable("extras", (EXTRAS,), salvage="no", is_copied=False),)

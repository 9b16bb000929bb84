"""Storage of a library: SQL on an SQLite file or a Postgres database."""

"""Where a library is kept: SQL over a file of SQLite, or over a database of Postgres."""

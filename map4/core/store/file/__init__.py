"""The library file: an SQLite database."""

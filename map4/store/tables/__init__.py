"""Declarations of all tables, by subject; see `map4.store.stored_tables`."""

"""Declarations of all tables, by subject; see `map4.infra.sql.stored_tables`."""

"""The tables of the library, declared by subject; see `map4.infra.sql.stored_tables`."""

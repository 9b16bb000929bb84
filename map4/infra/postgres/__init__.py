"""A library in a database of Postgres, asked by the SQL of `map4.infra.sql`."""

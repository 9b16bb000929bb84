"""What Postgres adds to tests of every store."""

from extras.postgres.postgres_server import ABSENT

STORE = "postgres"
"""`fixtures.py` has a fixture of this name, whose `database()` is the address of a new one, and `open_in_postgres`."""
CACHED_TABLES = () if ABSENT else ("map4.extras.postgres.schema:_statements_of", "map4.extras.postgres.copying:_tables")
SECRETS = {"serve.redis": "redis://:geheim@127.0.0.1/0"}

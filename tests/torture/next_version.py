"""The command of a map4 that has one step of the schema more than this one, and that step."""

import sqlite3

from map4.cli.main import main
from map4.core.store.file import schema


def add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE files ADD COLUMN added INTEGER")
    connection.execute("UPDATE files SET added = 1")


if __name__ == "__main__":
    schema.MIGRATIONS = (*schema.MIGRATIONS, add_column)
    main()

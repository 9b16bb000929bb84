"""Libraries in a database of Postgres, and what several servers of one share in Redis."""

"""Libraries in Postgres, and data shared by several servers in Redis."""

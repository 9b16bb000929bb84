"""Data shared by several servers of a library in Redis."""

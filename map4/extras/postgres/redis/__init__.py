"""What several servers of a library share in a Redis."""

"""Compare some tracks."""

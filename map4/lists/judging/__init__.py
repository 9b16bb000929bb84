"""Judge lists, and find improvements."""

"""Storage of connected music servers."""

"""Facts from public services."""

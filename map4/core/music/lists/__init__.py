"""Lists: their limits, header, picks and quality."""

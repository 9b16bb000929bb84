"""Change tags in place: only the bytes of what was asked for, and of what tells their size, become others."""

"""Change tags in place: only the bytes of requested values, and of sizes that depend on them, change."""

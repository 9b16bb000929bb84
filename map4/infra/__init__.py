"""The outside world: files, decoders, tags, SQLite, processes."""

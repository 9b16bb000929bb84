"""The library file. SQL stands here alone."""

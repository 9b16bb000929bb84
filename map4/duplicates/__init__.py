"""The same recording more than once."""

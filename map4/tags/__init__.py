"""The tags of files."""

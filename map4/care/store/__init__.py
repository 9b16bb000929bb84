"""Verify, repair, salvage, back up and restore a library file."""

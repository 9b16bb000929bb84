"""The library itself: checks, repair, backups."""

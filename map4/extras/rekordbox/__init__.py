"""Lists in rekordbox's own database; delete this folder and everything else works."""

"""USB sticks for players, written without rekordbox; delete this folder and everything else works."""

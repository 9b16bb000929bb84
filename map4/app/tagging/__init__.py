"""Write tags into files, and undo it."""

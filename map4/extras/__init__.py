"""Optional subjects; each can be deleted without affecting the rest."""

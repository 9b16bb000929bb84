"""Move copies of recordings into a folder, and bring them back."""

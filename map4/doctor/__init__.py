"""What looks wrong with tracks, and what can be done about it."""

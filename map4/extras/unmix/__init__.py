"""Which tracks were played in a recorded set."""

"""Detect which library tracks were played in a recorded set."""

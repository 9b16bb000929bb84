"""Plays, marks and listening."""

"""Plays as listens of ListenBrainz, and histories of streaming services."""

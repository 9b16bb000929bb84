"""Plays as listens of ListenBrainz."""

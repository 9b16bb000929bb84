"""Playlist files that any player reads."""

"""Playlists: made, checked, ordered, kept, live."""

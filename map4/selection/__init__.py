"""Picking and ordering tracks: pure functions over the numbers of tracks."""

"""Playlists: make, check, order, refresh, fill, merge, store and write them."""

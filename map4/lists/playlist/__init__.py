"""Playlists: options, presets, energy curves, picks."""

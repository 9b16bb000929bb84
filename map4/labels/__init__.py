"""Genre, mood and era of tracks."""

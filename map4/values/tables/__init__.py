"""Tables of what is said of tracks."""

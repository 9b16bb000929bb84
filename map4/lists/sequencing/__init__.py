"""Choose and order the tracks of a playlist."""

"""Connections of a library to music servers."""

"""Connections to music servers."""

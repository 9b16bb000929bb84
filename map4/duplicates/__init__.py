"""Copies of the same recording."""

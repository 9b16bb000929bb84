"""Formats that tracks are written in, and lists read from."""

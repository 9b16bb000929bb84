"""Imported by each Python process that a test starts, workers included."""

from network_guard import install

install()

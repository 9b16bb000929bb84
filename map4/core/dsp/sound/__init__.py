"""Descriptors, sound vector and fingerprint of a track."""

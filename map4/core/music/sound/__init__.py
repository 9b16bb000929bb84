"""Similarity in sound: fingerprints, neighbours, and comparison tables of a library."""

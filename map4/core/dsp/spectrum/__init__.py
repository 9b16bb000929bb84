"""Frames, spectra and their descriptors."""

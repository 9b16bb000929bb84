"""Frames, spectra and what is read off them."""

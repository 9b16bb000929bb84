"""Scanning: finding audio files, analysing what is new, watching folders."""

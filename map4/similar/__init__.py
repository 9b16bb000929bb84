"""Tracks that sound alike."""

"""Engine DJ."""

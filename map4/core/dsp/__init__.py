"""Signal processing: pure functions from arrays to numbers."""

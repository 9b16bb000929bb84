"""Routes about what sounds alike."""

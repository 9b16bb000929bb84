"""What the library keeps of connected music servers."""

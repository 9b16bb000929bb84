"""Match tracks with recordings of a provider."""

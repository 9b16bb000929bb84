"""Which recording of a provider a track is."""

"""Plan the mix of one track into the next: where, for how many beats, how fast."""

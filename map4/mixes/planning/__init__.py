"""Plan how one track is mixed into the next: where, for how many beats, how fast."""

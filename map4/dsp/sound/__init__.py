"""What a track sounds like: descriptors, sound vector, fingerprint."""

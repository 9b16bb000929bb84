"""Decode audio by libsndfile and libav."""

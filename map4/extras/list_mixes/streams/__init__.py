"""Streams of lists as a mix, sent while they are encoded."""

"""Streams of mixed sets: finished sets, sent while they are encoded."""

"""Streams of mixed sets: an endless programme per list, and finished sets while they are encoded."""

"""Scan: what changed, in which order it is analysed, and what came of it."""

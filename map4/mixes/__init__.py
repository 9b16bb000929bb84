"""Mixes of two tracks, planned and rendered, and what sets that were played say."""

"""Mixes of two tracks rendered, and what sets that were played say."""

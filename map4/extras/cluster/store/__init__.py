"""Merge libraries. The newest state of each item wins, so order and repetition do not matter."""

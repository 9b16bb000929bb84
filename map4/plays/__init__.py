"""Tracks heard: played here, and what players say."""

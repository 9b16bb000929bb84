"""Comparing tracks."""

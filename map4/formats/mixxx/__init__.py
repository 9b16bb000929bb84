"""Mixxx."""

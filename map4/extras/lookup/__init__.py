"""Identify recordings with metadata providers, and fetch their data."""

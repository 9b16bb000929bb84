"""Stored lists: names, versions and deleted lists."""

"""Importing from DJ programs."""

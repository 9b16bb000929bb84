"""Shared code of tools for assistants."""

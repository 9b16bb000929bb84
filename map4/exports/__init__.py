"""Exporting to other programs and documents."""

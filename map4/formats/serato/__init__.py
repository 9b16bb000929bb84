"""Serato: crates and database."""

"""Scans on other machines, and merging of libraries."""

"""Scans on other machines, and libraries merged into one."""

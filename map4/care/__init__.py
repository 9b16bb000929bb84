"""Looks after a library: checks, repair, backups, copies."""

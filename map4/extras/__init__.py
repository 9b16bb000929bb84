"""Subjects that only some users need; each folder can be deleted."""

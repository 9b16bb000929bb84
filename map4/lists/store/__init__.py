"""Stored lists: their names, former states and those that were deleted."""

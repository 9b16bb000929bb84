"""Picking, ordering and comparing tracks: pure functions over numbers that were measured before."""

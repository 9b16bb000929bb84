"""Traktor: NML collections."""

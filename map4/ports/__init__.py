"""Protocols between use cases and adapters, and the values that cross them."""

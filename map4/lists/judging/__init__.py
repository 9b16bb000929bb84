"""How good a list is, and what would make it better."""

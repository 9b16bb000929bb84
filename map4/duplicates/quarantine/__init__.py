"""Move copies of recordings away, and bring them back."""

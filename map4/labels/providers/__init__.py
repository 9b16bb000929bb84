"""Who labels tracks: Claude, or rules."""

"""Pick, order and match tracks: pure functions."""

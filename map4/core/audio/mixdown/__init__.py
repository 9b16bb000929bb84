"""Render the transition from one track to the next, to listen to."""

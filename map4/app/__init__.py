"""Use cases over ports; they return values or yield events."""

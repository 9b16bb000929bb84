"""Take over what other programs know."""

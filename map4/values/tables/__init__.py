"""Tables of set values, marks and look-ups."""

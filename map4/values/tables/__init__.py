"""Tables of set values, marks and preferred sources."""

"""Tables of files, analyses and changes, and those that are drawn from others."""

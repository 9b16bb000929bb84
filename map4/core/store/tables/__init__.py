"""Tables of files, analyses and changes, and tables derived from others."""

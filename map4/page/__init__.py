"""The page on which tracks are looked through: its style, and the modules of its script."""

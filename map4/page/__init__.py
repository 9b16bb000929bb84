"""The page on which tracks are looked through: its data, and the modules of its script."""

"""One library merged into another: of each thing the newest counts, so that order and repetition change nothing."""

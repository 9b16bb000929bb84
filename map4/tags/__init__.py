"""Tags in files, and values that the user sets."""

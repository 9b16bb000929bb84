"""`map4 tags` and its sub-commands."""

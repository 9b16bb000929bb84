"""`map4 playlist` and its sub-commands."""

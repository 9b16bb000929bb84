"""Foundations for all parts of map4: text, paths, options, records, actors, and unfinished files."""

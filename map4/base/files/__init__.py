"""Files of map4's own: journals, and how files move."""

"""map4's own files: journals, and moving files."""

"""The command line: a thin skin over map4.library."""

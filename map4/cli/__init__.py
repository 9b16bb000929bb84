"""The command line, a thin layer over map4.library."""

"""Find files, and write files of the user's."""

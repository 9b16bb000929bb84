"""Files of other programs: a room a program, with its reader and writer."""

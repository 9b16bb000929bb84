"""Move a library to another DJ program, with a certificate."""

"""Files of imported entries, chosen by hand; delete this folder and everything else works."""

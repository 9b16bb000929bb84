"""Names of files by a template; delete this folder and everything else works."""

"""Reports as files: one HTML page that needs nothing else, or a PDF."""

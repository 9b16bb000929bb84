"""Parse a sentence into a query or a playlist request."""

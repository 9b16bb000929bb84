"""From a sentence to a query or a playlist."""

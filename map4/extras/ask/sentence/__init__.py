"""What a sentence asks for: a query, or a list to play through."""

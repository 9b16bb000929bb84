"""Turn a sentence into a query, and options of a playlist, by a language model."""

"""Genre, mood and era labels."""

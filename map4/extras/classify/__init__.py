"""Label tracks with genre, mood and era, by a language model or by rules."""

"""Jobs: work that `map4 serve` does one after the other."""

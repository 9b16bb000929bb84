"""Jobs: work that `map4 serve` does one after the other, and plans that wait to be done."""

"""What is in a library, counted; and how right map4 is on those that its user knows."""

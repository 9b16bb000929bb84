"""What a list is: its limits, what it says of itself and of its tracks, and how good it is."""

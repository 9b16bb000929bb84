"""What sounds alike, and the map of the sound."""

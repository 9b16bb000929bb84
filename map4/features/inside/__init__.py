"""What is inside a track: bars and what is told from them."""

"""Write a library, or part of it, for people and for other programs."""

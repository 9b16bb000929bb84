"""What looks wrong in the library, and its figures."""

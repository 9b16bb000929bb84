"""Code that several extras use; it goes with the last of them."""

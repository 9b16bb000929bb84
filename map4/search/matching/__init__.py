"""Which track of the library is meant."""

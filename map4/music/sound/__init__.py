"""How alike tracks sound: fingerprints, neighbours, and a whole library as it is compared."""

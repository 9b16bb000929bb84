"""Demo music with known tempi and keys: written, scanned, and compared with the truth."""

"""Music servers that a library is connected to."""

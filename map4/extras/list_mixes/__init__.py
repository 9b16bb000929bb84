"""Lists as a mix: a file, a plan for players, and a stream."""

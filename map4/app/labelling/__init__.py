"""Label tracks: which are asked about, in what batches, and what becomes of the answers."""

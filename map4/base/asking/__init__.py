"""Send many queries to a remote service: in batches, in parallel, with retries."""

"""Ask providers of metadata what a recording is, and what they know of it."""

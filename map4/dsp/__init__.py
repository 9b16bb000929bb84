"""From a signal to numbers: pure functions over arrays."""

"""Match names and list entries to tracks of the library."""

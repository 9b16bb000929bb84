"""The same recording more than once: who may be a copy of whom, which of them are, and which one to keep."""

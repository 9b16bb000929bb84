"""Settings: where each comes from, and how one is changed."""

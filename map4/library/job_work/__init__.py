"""What jobs do, by subject."""

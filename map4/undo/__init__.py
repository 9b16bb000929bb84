"""What can be undone, of all subjects."""

"""Terminal views of commands."""

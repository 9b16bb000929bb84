"""Routes for similar tracks."""

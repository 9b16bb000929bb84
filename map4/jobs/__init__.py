"""Jobs of the server."""

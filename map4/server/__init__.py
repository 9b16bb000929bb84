"""What other programs ask over a connection: the HTTP server, music players, assistants."""

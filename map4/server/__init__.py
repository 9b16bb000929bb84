"""map4 over HTTP: the same records as the command line's, from the same library (`map4 serve`, docs/serve.md)."""

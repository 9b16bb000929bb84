"""map4 over HTTP, with the same records as the command line (`map4 serve`, docs/serve.md)."""

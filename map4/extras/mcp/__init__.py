"""Tools for language models over MCP."""

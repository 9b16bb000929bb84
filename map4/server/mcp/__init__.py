"""The tools for language models (`map4 mcp`)."""

"""Registration of the MCP server."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    Command("mcp", "map4.extras.mcp.commands:mcp", "Share", 5),
)

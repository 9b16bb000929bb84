"""Registration of the MCP server."""

from map4.core.base.declaration import Command, Declaration, PackageExtra

DECLARATION = Declaration(
    PackageExtra("mcp", "use the library from an assistant", 110),
    Command("mcp", "map4.extras.mcp.commands:mcp", "Share", 5),
)
